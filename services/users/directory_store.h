// Accounts as administrators see and change them: in lists, and under the promise that one enabled
// account with the role `admin` always remains. One interface; its body is directory_store_sql over
// PostgreSQL and SQLite.
//
// Errors, threads and lifetimes are those of AccountStore.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "services/users/account_store.h"
#include "services/users/directory_rules.h"

namespace tokenforge::users {

class DirectoryStore {
 public:
  // What is written beside a removal.
  using Farewell = std::function<Beside(const Account& account)>;

  virtual ~DirectoryStore() = default;

  // At most `listing.size` accounts of one page, in order. By an index, whatever the number of
  // accounts.
  virtual async::Task<absl::StatusOr<std::vector<Account>>> List(Deadline deadline,
                                                                 Listing listing) = 0;

  // AccountStore::Change, but LAST_ADMINISTRATOR, and nothing changed, when the account is the only
  // enabled administrator and would not be one afterwards. Two such changes wait for each other.
  virtual async::Task<absl::StatusOr<Account>> Change(Deadline deadline, std::string user_id,
                                                      AccountStore::Edit edit) = 0;

  // Removes an account with everything that hangs on it but its audit events, and remembers that
  // its ID was used. OK, and nothing written, when there is none. LAST_ADMINISTRATOR.
  virtual async::Task<absl::Status> Remove(Deadline deadline, std::string user_id,
                                           clock::WallTime now, Farewell farewell) = 0;

  // Gives the role `admin` to the account with this email, and enables it. When there is none it
  // becomes of `made`, which has the same email; without `made`, NOT_FOUND. FAILED_PRECONDITION,
  // without a reason of ours, when there is an enabled administrator already, unless `again`.
  // Nothing is written where nothing changes.
  virtual async::Task<absl::StatusOr<Account>> Appoint(Deadline deadline, CanonicalEmail email,
                                                       std::shared_ptr<const NewAccount> made,
                                                       bool again, clock::WallTime now,
                                                       Farewell telling) = 0;
};

}  // namespace tokenforge::users
