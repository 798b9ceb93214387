#include "services/users/directory_store_sql.h"

#include <algorithm>
#include <optional>
#include <utility>

#include "services/users/account_rows.h"
#include "services/users/account_store_sql.h"
#include "services/users/directory_rows.h"
#include "services/users/sql_time.h"
#include "services/users/store_errors.h"

namespace tokenforge::users {
namespace {

bool IsAdministrator(const Account& account) {
  return !account.disabled && std::find(account.roles.begin(), account.roles.end(),
                                        kAdministrator) != account.roles.end();
}

bool IsOnly(const std::string& user_id, const std::vector<std::string>& administrators) {
  return administrators.size() == 1 && administrators[0] == user_id;
}

absl::Status RemoveOn(SqlSession& session, const std::string& user_id, clock::WallTime now,
                      const DirectoryStore::Farewell& farewell) {
  auto& rows = session.Part<DirectoryRows>();
  const std::vector<std::string> administrators = rows.LockAdministrators();
  const std::optional<Credentials> found = session.Part<AccountRows>().FindForChange(user_id);
  if (!found) return absl::OkStatus();
  if (IsOnly(user_id, administrators)) return LastAdministrator();
  rows.Remove(user_id, ToMicroseconds(now));
  return WriteBeside(session, farewell(found->account));
}

absl::StatusOr<Account> AppointOn(SqlSession& session, const CanonicalEmail& email,
                                  const NewAccount* made, bool again, clock::WallTime now,
                                  const DirectoryStore::Farewell& telling) {
  if (!session.Part<DirectoryRows>().LockAdministrators().empty() && !again) {
    return absl::FailedPreconditionError("There is an enabled administrator already.");
  }
  auto& accounts = session.Part<AccountRows>();
  std::optional<Credentials> found = accounts.FindByEmail(email);
  if (!found && made != nullptr && accounts.Insert(*made)) found = accounts.FindByEmail(email);
  if (!found) return AccountNotFound();
  const AccountStore::Edit appoint =
      [&](Credentials& account) -> absl::StatusOr<std::optional<Beside>> {
    if (IsAdministrator(account.account)) return std::nullopt;
    std::vector<std::string>& roles = account.account.roles;
    const auto place = std::lower_bound(roles.begin(), roles.end(), kAdministrator);
    if (place == roles.end() || *place != kAdministrator) roles.insert(place, kAdministrator);
    account.account.disabled = false;
    account.account.update_time = now;
    return telling(account.account);
  };
  return ChangeOn(session, found->account.user_id, appoint);
}

}  // namespace

async::Task<absl::StatusOr<std::vector<Account>>> DirectoryStoreSql::List(Deadline deadline,
                                                                          Listing listing) {
  return database_.Run(
      deadline, "List",
      [listing = std::move(listing)](SqlSession& session) -> absl::StatusOr<std::vector<Account>> {
        return session.Part<DirectoryRows>().List(listing);
      });
}

async::Task<absl::StatusOr<Account>> DirectoryStoreSql::Change(Deadline deadline,
                                                               std::string user_id,
                                                               AccountStore::Edit edit) {
  return database_.Run(deadline, "ChangeKeepingAnAdministrator",
                       [user_id = std::move(user_id),
                        edit = std::move(edit)](SqlSession& session) -> absl::StatusOr<Account> {
                         if (HasNul(user_id)) return AccountNotFound();
                         return session.InTransaction([&] {
                           const auto administrators =
                               session.Part<DirectoryRows>().LockAdministrators();
                           const bool only = IsOnly(user_id, administrators);
                           const AccountStore::Edit guarded =
                               [&](Credentials& account) -> absl::StatusOr<std::optional<Beside>> {
                             absl::StatusOr<std::optional<Beside>> beside = edit(account);
                             if (only && beside.ok() && !IsAdministrator(account.account)) {
                               return LastAdministrator();
                             }
                             return beside;
                           };
                           return ChangeOn(session, user_id, guarded);
                         });
                       });
}

async::Task<absl::Status> DirectoryStoreSql::Remove(Deadline deadline, std::string user_id,
                                                    clock::WallTime now, Farewell farewell) {
  return database_.Run(
      deadline, "Remove",
      [user_id = std::move(user_id), now,
       farewell = std::move(farewell)](SqlSession& session) -> absl::Status {
        if (HasNul(user_id)) return absl::OkStatus();
        return session.InTransaction([&] { return RemoveOn(session, user_id, now, farewell); });
      });
}

async::Task<absl::StatusOr<Account>> DirectoryStoreSql::Appoint(
    Deadline deadline, CanonicalEmail email, std::shared_ptr<const NewAccount> made, bool again,
    clock::WallTime now, Farewell telling) {
  return database_.Run(
      deadline, "Appoint",
      [email = std::move(email), made = std::move(made), again, now,
       telling = std::move(telling)](SqlSession& session) -> absl::StatusOr<Account> {
        return session.InTransaction(
            [&] { return AppointOn(session, email, made.get(), again, now, telling); });
      });
}

}  // namespace tokenforge::users
