// Where an import stands: what of the input was answered for, kept in a file beside it.
//
// Why: an import of a million rows is broken off sometimes. Rows are sent again from the last
// answered chunk only; those that were stored but not answered for are recognised by their IDs. A
// digest of what was read tells when the input is not the one that was begun with.
//
// Used by one thread. The file is replaced as a whole (write, fsync, rename), so that a crash
// leaves the one before.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace tokenforge::cli {

struct ImportState {
  std::string import_id = {};  // what IDs of rows without one are made of
  std::uint64_t offset = 0;    // bytes of the input that were answered for
  std::uint64_t lines = 0;     // lines there
  std::string digest = {};     // over those lines (DigestOfLine)
  std::uint64_t faults = 0;    // bytes of the file of faults that belong to them
  std::int64_t imported = 0;   // rows
  std::int64_t present = 0;
  std::int64_t refused = 0;
};

// The digest of the lines up to this one, from that of the lines before it: hexadecimal.
std::string DigestOfLine(std::string_view before, std::string_view line);

// NOT_FOUND when there is none; INVALID_ARGUMENT for a file that this did not write.
absl::StatusOr<ImportState> ReadImportState(const std::string& path);
absl::Status WriteImportState(const std::string& path, const ImportState& state);

}  // namespace tokenforge::cli
