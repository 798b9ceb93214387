// Accounts in memory, for tests of what stands above a store. Keeps nothing when it goes.
#pragma once

#include <map>
#include <string>

#include "absl/base/thread_annotations.h"
#include "lib/sync/mutex.h"
#include "services/users/account_store.h"

namespace tokenforge::users {

class AccountStoreMemory final : public AccountStore {
 public:
  async::Task<absl::StatusOr<Account>> Create(Deadline deadline, NewAccount account) override;
  async::Task<absl::StatusOr<Account>> FindById(Deadline deadline, std::string user_id) override;
  async::Task<absl::StatusOr<Account>> FindByEmail(Deadline deadline,
                                                   CanonicalEmail email) override;
  async::Task<absl::StatusOr<Credentials>> FindCredentials(Deadline deadline,
                                                           CanonicalEmail email) override;
  async::Task<absl::Status> Ping(Deadline deadline) override;

  // From now on every call fails with this, until it is set to OK.
  void FailWith(absl::Status failure);
  // Changes an account as an administrator would; no effect when there is none.
  void SetDisabled(const std::string& user_id, bool disabled);

 private:
  absl::StatusOr<Account> CreateNow(NewAccount account);
  absl::StatusOr<const Credentials*> Find(const std::string& user_id) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  absl::StatusOr<const Credentials*> Find(const CanonicalEmail& email) const
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable sync::Mutex mutex_;
  absl::Status failure_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, Credentials> by_id_ ABSL_GUARDED_BY(mutex_);
  std::map<std::string, std::string> id_by_email_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::users
