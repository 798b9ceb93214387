// The work of `tokenforge admin import FILE`: accounts of another system, from JSON Lines
// (import_row.h).
//
// A thousand rows are one call; after each answer what was done is kept in FILE.import-state, and
// the rows that were refused in FILE.faults.jsonl, with their line and what to mend. Broken off
// (Ctrl-C, a crash, a service that went away), the same command goes on where it stood: nothing is
// stored twice. Memory is that of a chunk, whatever the file's size.
//
// Blocks; used by one thread.
#pragma once

#include <functional>
#include <ostream>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "cli/import_state.h"
#include "tokenforge/auth/v1/admin.pb.h"

namespace tokenforge::cli {

// Sends one chunk; what the façade answers.
using SendChunk = std::function<absl::StatusOr<auth::v1::ImportUsersResponse>(
    const std::vector<auth::v1::ImportUsersRequest>& rows)>;

// The work without the façade: reads, sends, keeps account. An error of `send` that is worth trying
// again is tried again, after `pause` (which returns false to give up).
struct ImportJob {
  std::string file;
  SendChunk send;
  std::function<bool(int failures)> pause;
  std::function<bool()> stopped;  // asked after each chunk
  std::ostream& progress;
};
enum class ImportEnd { kAllStored, kSomeRefused, kBrokenOff };
absl::StatusOr<ImportEnd> RunImport(const ImportJob& job, ImportState* state);

}  // namespace tokenforge::cli
