#include "services/users/directory.h"

#include <map>
#include <optional>
#include <utility>

#include "lib/errors/errors.h"

namespace tokenforge::users {
namespace {

using Edited = absl::StatusOr<std::optional<Beside>>;
using Attributes = std::map<std::string, std::string>;

Beside Told(const Origin& origin, clock::WallTime now, const char* kind, const std::string& user_id,
            Attributes attributes) {
  return {.events = {Audited(origin, now, kind, user_id, std::move(attributes))}};
}

void Replace(std::string& field, const std::optional<std::string>& value, const char* name,
             std::string& changed) {
  if (!value || *value == field) return;
  field = *value;
  changed += (changed.empty() ? "" : " ") + std::string(name);
}

Attributes Because(const std::string& reason) {
  return reason.empty() ? Attributes() : Attributes{{"reason", reason}};
}

absl::Status CheckTarget(const std::string& user_id, const std::string& reason) {
  Faults faults;
  CheckUserId(user_id, faults);
  CheckReason(reason, faults);
  return errors::InvalidFields(faults);
}

absl::Status CheckProfile(const ProfileChange& change) {
  Faults faults;
  CheckUserId(change.user_id, faults);
  if (!change.given_name && !change.family_name) {
    faults.push_back({"update_mask", "must name given_name, family_name, or both"});
  }
  CheckName("given_name", change.given_name.value_or(""), faults);
  CheckName("family_name", change.family_name.value_or(""), faults);
  return errors::InvalidFields(faults);
}

absl::Status CheckGrants(Grants& grants) {
  Faults faults;
  CheckUserId(grants.user_id, faults);
  grants.roles = SortedRoles(std::move(grants.roles), faults);
  grants.scopes = SortedScopes(std::move(grants.scopes), faults);
  return errors::InvalidFields(faults);
}

}  // namespace

async::Task<absl::StatusOr<AccountPage>> Directory::List(Deadline deadline, ListingForm form) {
  absl::StatusOr<Listing> listing = CheckListing(form);
  if (!listing.ok()) co_return listing.status();
  // One more than the page tells whether another one follows.
  Listing wanted = *listing;
  ++wanted.size;
  async::Task<absl::StatusOr<std::vector<Account>>> listed =
      store_.List(deadline, std::move(wanted));
  absl::StatusOr<std::vector<Account>> accounts = co_await std::move(listed);
  if (!accounts.ok()) co_return accounts.status();
  AccountPage page{*std::move(accounts), ""};
  if (page.accounts.size() > listing->size) {
    page.accounts.pop_back();
    const Account& last = page.accounts.back();
    page.next_page_token = PageTokenAfter(*listing, last.user_id, last.email);
  }
  co_return page;
}

async::Task<absl::StatusOr<Account>> Directory::UpdateProfile(Deadline deadline,
                                                              ProfileChange change, Origin origin) {
  if (absl::Status valid = CheckProfile(change); !valid.ok()) co_return valid;
  std::string user_id = change.user_id;
  AccountStore::Edit edit = [change = std::move(change), origin = std::move(origin),
                             now = clock_.Now()](Credentials& found) -> Edited {
    Account& account = found.account;
    std::string changed;
    Replace(account.given_name, change.given_name, "given_name", changed);
    Replace(account.family_name, change.family_name, "family_name", changed);
    if (changed.empty()) return std::nullopt;
    account.update_time = now;
    return Told(origin, now, "account.updated", account.user_id, {{"fields", changed}});
  };
  auto changing = accounts_.Change(deadline, std::move(user_id), std::move(edit));
  co_return co_await std::move(changing);
}

async::Task<absl::StatusOr<Account>> Directory::SetGrants(Deadline deadline, Grants grants,
                                                          Origin origin) {
  if (absl::Status valid = CheckGrants(grants); !valid.ok()) co_return valid;
  std::string user_id = grants.user_id;
  AccountStore::Edit edit = [grants = std::move(grants), origin = std::move(origin),
                             now = clock_.Now()](Credentials& found) -> Edited {
    Account& account = found.account;
    if (account.roles == grants.roles && account.scopes == grants.scopes) return std::nullopt;
    Attributes told{{"roles_before", Listed(account.roles)},
                    {"roles", Listed(grants.roles)},
                    {"scopes_before", Listed(account.scopes)},
                    {"scopes", Listed(grants.scopes)},
                    {"end_sessions", grants.end_sessions ? "true" : "false"}};
    account.roles = grants.roles;
    account.scopes = grants.scopes;
    account.update_time = now;
    if (grants.end_sessions) {
      account.sessions_valid_from = now;
      account.kept_session_id.clear();
    }
    return Told(origin, now, "account.roles_changed", account.user_id, std::move(told));
  };
  auto changing = store_.Change(deadline, std::move(user_id), std::move(edit));
  co_return co_await std::move(changing);
}

async::Task<absl::StatusOr<Account>> Directory::SetDisabled(Deadline deadline, std::string user_id,
                                                            bool disabled, std::string reason,
                                                            Origin origin) {
  if (absl::Status valid = CheckTarget(user_id, reason); !valid.ok()) co_return valid;
  AccountStore::Edit edit = [disabled, reason = std::move(reason), origin = std::move(origin),
                             now = clock_.Now()](Credentials& found) -> Edited {
    Account& account = found.account;
    if (account.disabled == disabled) return std::nullopt;
    account.disabled = disabled;
    account.update_time = now;
    return Told(origin, now, disabled ? "account.disabled" : "account.enabled", account.user_id,
                Because(reason));
  };
  auto changing = store_.Change(deadline, std::move(user_id), std::move(edit));
  co_return co_await std::move(changing);
}

async::Task<absl::Status> Directory::RecordUnlock(Deadline deadline, std::string user_id,
                                                  Origin origin) {
  if (absl::Status valid = CheckTarget(user_id, ""); !valid.ok()) co_return valid;
  AccountStore::Edit edit = [origin = std::move(origin),
                             now = clock_.Now()](Credentials& found) -> Edited {
    return Told(origin, now, "account.unlocked", found.account.user_id, {});
  };
  auto recording = accounts_.Change(deadline, std::move(user_id), std::move(edit));
  const absl::StatusOr<Account> recorded = co_await std::move(recording);
  co_return recorded.status();
}

async::Task<absl::Status> Directory::Delete(Deadline deadline, std::string user_id,
                                            std::string reason, Origin origin) {
  if (absl::Status valid = CheckTarget(user_id, reason); !valid.ok()) co_return valid;
  const clock::WallTime now = clock_.Now();
  DirectoryStore::Farewell farewell = [reason = std::move(reason), origin = std::move(origin),
                                       now](const Account& account) {
    Attributes told = Because(reason);
    told.emplace("email", account.email.text());
    return Told(origin, now, "account.deleted", account.user_id, std::move(told));
  };
  auto removing = store_.Remove(deadline, std::move(user_id), now, std::move(farewell));
  co_return co_await std::move(removing);
}

async::Task<absl::StatusOr<Account>> Directory::Appoint(Deadline deadline, CanonicalEmail email,
                                                        std::shared_ptr<const NewAccount> made,
                                                        bool again, std::string host_user) {
  const clock::WallTime now = clock_.Now();
  DirectoryStore::Farewell telling = [now,
                                      host_user = std::move(host_user)](const Account& account) {
    return Told({.actor = "host"}, now, "admin.bootstrapped", account.user_id,
                {{"email", account.email.text()}, {"host_user", host_user}});
  };
  auto appointing =
      store_.Appoint(deadline, std::move(email), std::move(made), again, now, std::move(telling));
  co_return co_await std::move(appointing);
}

}  // namespace tokenforge::users
