// Directory: what administrators do with accounts, and what people change of their own profile.
//
// These are the flows behind user_service_directory, without gRPC. Each checks the whole of what it
// was given (INVALID_FIELD with every fault), and each change is one transaction with its audit
// event; where nothing changes, nothing is written. Errors beside those: of the stores.
//
// Thread-safe. What the constructor is given outlives this object and its tasks.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/clock/clock.h"
#include "services/users/directory_rules.h"
#include "services/users/directory_store.h"
#include "services/users/origin.h"

namespace tokenforge::users {

struct AccountPage {
  std::vector<Account> accounts;
  std::string next_page_token;  // empty on the last page
};

// Fields without a value stay as they are.
struct ProfileChange {
  std::string user_id;
  std::optional<std::string> given_name = std::nullopt;
  std::optional<std::string> family_name = std::nullopt;
};

struct Grants {
  std::string user_id;
  std::vector<std::string> roles = {};
  std::vector<std::string> scopes = {};
  bool end_sessions = false;  // when something changes
};

class Directory {
 public:
  Directory(AccountStore& accounts, DirectoryStore& store, const clock::Clock& clock)
      : accounts_(accounts), store_(store), clock_(clock) {}

  async::Task<absl::StatusOr<AccountPage>> List(Deadline deadline, ListingForm form);

  // account.updated, with the names of what changed.
  async::Task<absl::StatusOr<Account>> UpdateProfile(Deadline deadline, ProfileChange change,
                                                     Origin origin);

  // account.roles_changed, with what there was and is. LAST_ADMINISTRATOR.
  async::Task<absl::StatusOr<Account>> SetGrants(Deadline deadline, Grants grants, Origin origin);

  // account.disabled, account.enabled. LAST_ADMINISTRATOR.
  async::Task<absl::StatusOr<Account>> SetDisabled(Deadline deadline, std::string user_id,
                                                   bool disabled, std::string reason,
                                                   Origin origin);

  // Only account.unlocked: the lock lives in sessions.
  async::Task<absl::Status> RecordUnlock(Deadline deadline, std::string user_id, Origin origin);

  // account.deleted. OK when there is no such account. LAST_ADMINISTRATOR.
  async::Task<absl::Status> Delete(Deadline deadline, std::string user_id, std::string reason,
                                   Origin origin);

  // On the host, not over the network: gives an account the role `admin`, or makes one of
  // `made`; `host_user` is who did it. admin.bootstrapped. Errors: DirectoryStore::Appoint.
  async::Task<absl::StatusOr<Account>> Appoint(Deadline deadline, CanonicalEmail email,
                                               std::shared_ptr<const NewAccount> made, bool again,
                                               std::string host_user);

 private:
  AccountStore& accounts_;
  DirectoryStore& store_;
  const clock::Clock& clock_;
};

}  // namespace tokenforge::users
