#include "services/users/account_store_sql.h"

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "services/users/account_rows.h"
#include "services/users/audit_rows.h"
#include "services/users/known_device_rows.h"
#include "services/users/outbox_rows.h"
#include "services/users/store_errors.h"
#include "services/users/token_rows.h"

namespace tokenforge::users {
namespace {

bool AnyHasNul(const std::vector<std::string>& texts) {
  return std::any_of(texts.begin(), texts.end(), [](const auto& text) { return HasNul(text); });
}

bool HasNul(const NewAccount& account) {
  return users::HasNul(account.user_id) || users::HasNul(account.given_name) ||
         users::HasNul(account.family_name) || users::HasNul(account.password_hash.Expose());
}

bool HasNul(const Credentials& changed) {
  const Account& account = changed.account;
  return users::HasNul(account.given_name) || users::HasNul(account.family_name) ||
         users::HasNul(account.kept_session_id) || AnyHasNul(account.roles) ||
         AnyHasNul(account.scopes) || users::HasNul(changed.password_hash.Expose());
}

bool HasNul(const MailIntent& mail) { return AnyHasNul({mail.kind, mail.email, mail.user_id}); }

absl::StatusOr<Account> CreateOn(SqlSession& session, const NewAccount& account,
                                 const Beside& beside) {
  auto& rows = session.Part<AccountRows>();
  if (rows.Insert(account)) {
    if (absl::Status written = WriteBeside(session, beside); !written.ok()) return written;
  }
  std::optional<Credentials> stored = rows.FindById(account.user_id);
  // The ID is free and the row was not stored: then it was the email that was not free.
  if (!stored) return EmailTaken();
  if (stored->account.email != account.email) return UserIdTaken();
  return std::move(stored->account);
}

}  // namespace

absl::StatusOr<Account> ChangeOn(SqlSession& session, const std::string& user_id,
                                 const AccountStore::Edit& edit) {
  auto& rows = session.Part<AccountRows>();
  std::optional<Credentials> account = rows.FindForChange(user_id);
  if (!account) return AccountNotFound();
  absl::StatusOr<std::optional<Beside>> beside = edit(*account);
  if (!beside.ok()) return beside.status();
  if (!*beside) return std::move(account->account);
  if (HasNul(*account)) return HoldsNul();
  rows.Update(*account);
  if (absl::Status written = WriteBeside(session, **beside); !written.ok()) return written;
  return rows.FindById(user_id)->account;
}

bool HasNul(std::string_view text) { return text.find('\0') != std::string_view::npos; }

absl::Status CheckBeside(const Beside& beside) {
  const auto nul = [](const MailIntent& mail) { return HasNul(mail); };
  const auto storable = [](const AuditEvent& event) { return IsStorable(event); };
  const bool good = std::all_of(beside.events.begin(), beside.events.end(), storable) &&
                    std::none_of(beside.mails.begin(), beside.mails.end(), nul);
  return good ? absl::OkStatus() : HoldsNul();
}

void WriteAllButEvents(SqlSession& session, const Beside& beside) {
  for (const SpentTokens& spent : beside.spent) {
    session.Part<TokenRows>().UseUpAll(spent.purpose, spent.user_id);
  }
  session.Part<OutboxRows>().Add(beside.mails);
  if (beside.login && session.Part<KnownDeviceRows>().See(*beside.login)) {
    session.Part<OutboxRows>().Add({beside.login->alert});
  }
}

absl::Status WriteBeside(SqlSession& session, const Beside& beside) {
  if (absl::Status good = CheckBeside(beside); !good.ok()) return good;
  WriteAllButEvents(session, beside);
  std::vector<AuditEvent> events = beside.events;
  session.Part<AuditRows>().Append(events);
  return absl::OkStatus();
}

async::Task<absl::StatusOr<Account>> AccountStoreSql::Create(Deadline deadline, NewAccount account,
                                                             Beside beside) {
  auto shared = std::make_shared<const NewAccount>(std::move(account));
  return database_.Run(
      deadline, "Create",
      [shared, beside = std::move(beside)](SqlSession& session) -> absl::StatusOr<Account> {
        if (HasNul(*shared)) return HoldsNul();
        return session.InTransaction([&] { return CreateOn(session, *shared, beside); });
      });
}

async::Task<absl::StatusOr<Account>> AccountStoreSql::FindById(Deadline deadline,
                                                               std::string user_id) {
  return database_.Run(
      deadline, "FindById", [user_id](SqlSession& session) -> absl::StatusOr<Account> {
        if (HasNul(user_id)) return AccountNotFound();
        std::optional<Credentials> found = session.Part<AccountRows>().FindById(user_id);
        if (!found) return AccountNotFound();
        return std::move(found->account);
      });
}

async::Task<absl::StatusOr<Account>> AccountStoreSql::FindByEmail(Deadline deadline,
                                                                  CanonicalEmail email) {
  return database_.Run(
      deadline, "FindByEmail", [email](SqlSession& session) -> absl::StatusOr<Account> {
        std::optional<Credentials> found = session.Part<AccountRows>().FindByEmail(email);
        if (!found) return AccountNotFound();
        return std::move(found->account);
      });
}

async::Task<absl::StatusOr<Credentials>> AccountStoreSql::FindCredentials(Deadline deadline,
                                                                          CanonicalEmail email) {
  return database_.Run(
      deadline, "FindCredentials", [email](SqlSession& session) -> absl::StatusOr<Credentials> {
        std::optional<Credentials> found = session.Part<AccountRows>().FindByEmail(email);
        if (!found) return AccountNotFound();
        return *std::move(found);
      });
}

async::Task<absl::StatusOr<Credentials>> AccountStoreSql::FindCredentialsById(Deadline deadline,
                                                                              std::string user_id) {
  return database_.Run(
      deadline, "FindCredentials", [user_id](SqlSession& session) -> absl::StatusOr<Credentials> {
        if (HasNul(user_id)) return AccountNotFound();
        std::optional<Credentials> found = session.Part<AccountRows>().FindById(user_id);
        if (!found) return AccountNotFound();
        return *std::move(found);
      });
}

async::Task<absl::StatusOr<Account>> AccountStoreSql::Change(Deadline deadline, std::string user_id,
                                                             Edit edit) {
  return database_.Run(
      deadline, "Change",
      [user_id = std::move(user_id),
       edit = std::move(edit)](SqlSession& session) -> absl::StatusOr<Account> {
        if (HasNul(user_id)) return AccountNotFound();
        return session.InTransaction([&] { return ChangeOn(session, user_id, edit); });
      });
}

async::Task<absl::Status> AccountStoreSql::Record(Deadline deadline, Beside beside) {
  auto writing = records_.Write(deadline, std::move(beside));
  const absl::StatusOr<RecordQueue::Events> written = co_await std::move(writing);
  co_return written.status();
}

}  // namespace tokenforge::users
