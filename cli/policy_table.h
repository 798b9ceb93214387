// What `tokenforge policy` prints: rows for people, or one JSON object for scripts.
//
// Protos under review are not trusted: whatever is no visible ASCII is escaped, so that a name
// cannot draw over the table. Pure but for the stream.
#pragma once

#include <optional>
#include <ostream>
#include <string>
#include <vector>

#include "lib/errors/errors.h"
#include "tokenforge/access_rule.h"

namespace tokenforge::cli {

struct PolicyRow {
  enum class Origin { kNone, kMethod, kService, kFile };
  std::string method;               // "pkg.Service/Method"
  std::optional<AccessRule> rule;   // none: a fault
  Origin origin = Origin::kNone;    // where the rule in force stands
  std::size_t line = 0;             // of kFile
  std::vector<std::string> looser;  // in which ways the file's rule is looser than the proto's
  std::string because;              // and why
};

void PrintTable(const std::vector<PolicyRow>& rows, std::ostream& out);
void PrintJson(const std::vector<PolicyRow>& rows, const std::vector<errors::FieldFault>& faults,
               std::ostream& out);
void PrintFaults(const std::vector<errors::FieldFault>& faults, std::ostream& err);

}  // namespace tokenforge::cli
