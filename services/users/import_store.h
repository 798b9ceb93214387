// Where imported accounts are stored, a batch at a time. One interface; its body is
// import_store_sql over PostgreSQL and SQLite.
//
// Errors, threads and lifetimes are those of AccountStore.
#pragma once

#include <functional>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "services/users/account_store.h"

namespace tokenforge::users {

enum class ImportOutcome {
  kStored,
  kPresent,     // it is there already under this ID and email: nothing was changed
  kEmailTaken,  // another account has the email
  kIdTaken,     // another account has the ID
  kIdUsed,      // an account with this ID was removed; IDs are never used again
};

class ImportStore {
 public:
  using Batch = std::vector<Credentials>;
  // What is written beside a batch, once it is known what became of each row.
  using Telling = std::function<Beside(const std::vector<ImportOutcome>& outcomes)>;

  virtual ~ImportStore() = default;

  // Stores what can be stored of a batch in one transaction, durably before it answers, with one
  // outcome a row. After an error nothing of the batch is stored (but see SqlDatabase for
  // DEPENDENCY_DOWN). Nothing is written, told or not, when no row was stored.
  virtual async::Task<absl::StatusOr<std::vector<ImportOutcome>>> Store(
      Deadline deadline, std::shared_ptr<const Batch> batch, Telling telling) = 0;
};

}  // namespace tokenforge::users
