// PolicyFile: the overlay of a guard's rules that operators write (GuardOptions::policy_file), read
// and checked for itself; policy_overlay.h lays it over the rules of the protos.
//
//   {
//     "rules": {
//       "notes.v1.NotesService": {"access": "AUTHENTICATED", "fresh": true},
//       "notes.v1.NotesService/CountNotes": {"any_role": ["admin"], "max_stale_seconds": 600},
//       "notes.v1.NotesService/ListNotes": {
//         "peers": ["/web"], "loosens_because": "the status page has no user"
//       }
//     }
//   }
//
// A name with a method replaces that method's rule as a whole; a name without one replaces the
// service's default, and so the rule of its methods that have none of their own. "*" is for generic
// services: every method that nothing else names. What an entry says has the same names and meaning
// as in access.proto, beside `max_stale_seconds` and `loosens_because` (docs/adr/0014).
//
// Pure: text in, entries or every fault at once out.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/errors/errors.h"
#include "tokenforge/access_rule.h"

namespace tokenforge::internal {

inline constexpr std::size_t kMaxPolicyBytes = 1 << 20;

struct PolicyEntry {
  std::string target;    // "pkg.Service/Method", "pkg.Service" or "*"
  std::size_t line = 0;  // in the file, from 1
  AccessRule rule;
  std::string loosens_because;  // why it may be looser than what it replaces; empty: it may not
};

struct PolicyFile {
  std::vector<PolicyEntry> entries;  // in the file's order; each target once
};

// INVALID_ARGUMENT INVALID_FIELD with every fault; fields are such as "line 7,
// rules.\"a.B/C\".any_role". Refused: what is no strict JSON (json_tree.h), unknown and duplicate
// members, more than 1 MiB, more than 4096 entries, names that are no methods, and rules that
// contradict themselves. Any bytes are safe to give.
absl::StatusOr<PolicyFile> ParsePolicyFile(std::string_view text);

// The same for those who have more to check: what could be read, and its faults appended. Entries
// that have a fault are there, with an empty rule.
PolicyFile ReadPolicyFile(std::string_view text, std::vector<errors::FieldFault>& faults);

}  // namespace tokenforge::internal
