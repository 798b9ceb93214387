// AccountImport: accounts of another system, stored as they come.
//
//   ImportRun run = import.Begin(origin);
//   for each row: run.Take(form); if (run.full()) co_await run.Store(deadline);
//   at the end: co_await run.Store(deadline), then run.tally() says what became of the rows.
//
// Rows are checked when they come and stored a batch at a
// time, one transaction each, so that memory and locks stay small whatever comes. Each batch is one
// audit event (`users.imported`, with the digest of the IDs that were stored), and each account
// that came with roles or scopes one more (`account.imported`): whom an import gave power must be
// found by name, and a million events of everybody else would only bury it (docs/adr/0025).
//
// AccountImport is thread-safe, what its constructor is given outlives it; a run belongs to one
// coroutine. Errors: those of ImportStore. After one, what was stored before stays.
#pragma once

#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "lib/async/task.h"
#include "lib/clock/clock.h"
#include "services/users/import_rules.h"
#include "services/users/import_store.h"
#include "services/users/origin.h"

namespace tokenforge::users {

inline constexpr std::size_t kImportBatch = 500;          // rows of one transaction
inline constexpr std::size_t kMaxListedFaults = 1000;     // of one run
inline constexpr std::size_t kMaxFaultDescription = 400;  // bytes

struct ImportFault {
  std::int64_t row = 0;     // counted from 1
  std::string reason;       // name of an errors::Reason
  std::string description;  // what to mend
};

// What became of the rows so far.
struct ImportTally {
  std::int64_t rows = 0;
  std::int64_t stored = 0;
  std::int64_t present = 0;
  std::int64_t refused = 0;
  std::vector<ImportFault> faults;  // the first of those that were refused
};

class ImportRun {
 public:
  ImportRun(ImportStore& store, const clock::Clock& clock, Origin origin);

  // Checks a row and keeps it, or refuses it.
  void Take(const ImportForm& form);
  // Whether enough rows are kept for a batch.
  bool full() const { return batch_->size() >= kImportBatch; }
  // Stores what is kept.
  async::Task<absl::Status> Store(Deadline deadline);

  const ImportTally& tally() const { return tally_; }

 private:
  void Refuse(std::int64_t row, const absl::Status& fault);

  ImportStore& store_;
  const clock::Clock& clock_;
  const Origin origin_;
  ImportTally tally_;
  std::shared_ptr<ImportStore::Batch> batch_ = std::make_shared<ImportStore::Batch>();
  std::vector<std::int64_t> row_numbers_;  // of the batch
};

class AccountImport {
 public:
  AccountImport(ImportStore& store, const clock::Clock& clock) : store_(store), clock_(clock) {}

  ImportRun Begin(Origin origin) const { return {store_, clock_, std::move(origin)}; }

 private:
  ImportStore& store_;
  const clock::Clock& clock_;
};

}  // namespace tokenforge::users
