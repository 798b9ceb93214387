#include "services/users/account_rows.h"

#include <utility>

#include "services/users/sql_session.h"
#include "services/users/sql_time.h"

namespace tokenforge::users {
namespace {

// What a look-up by email finds where nobody has it: as many columns as long as anybody's. To find
// a row takes some microseconds more than to find none, which enough logins would tell apart. Its
// ID is as long as a UUID and is none, so that it is nobody's.
constexpr char kNobodysId[] = "nobody-nobody-nobody-nobody-nobody-n";
constexpr char kByEmail[] =
    "select coalesce(id, 'nobody-nobody-nobody-nobody-nobody-n'), "
    "coalesce(email, 'nobody@nowhere.invalid'), coalesce(email_verified, 0), "
    "coalesce(given_name, 'Nobody'), coalesce(family_name, 'Nowhere'), coalesce(password_hash, "
    "'$2b$12$nobody.nobody.nobody.nobody.nobody.nobody.nobody.nobo'), coalesce(roles, 'user'), "
    "coalesce(scopes, ''), coalesce(disabled, 0), coalesce(mfa_enabled, 0), "
    "coalesce(create_time, 0), coalesce(update_time, 0), coalesce(sessions_valid_from, 0), "
    "coalesce(kept_session_id, '') "
    "from (select 1 as here) as anyway left join accounts on email = :key";
constexpr char kById[] =
    "select id, email, email_verified, given_name, family_name, password_hash, roles, scopes, "
    "disabled, mfa_enabled, create_time, update_time, sessions_valid_from, kept_session_id "
    "from accounts where id = :key";

}  // namespace

AccountRows::AccountRows(SqlSession& session)
    : insert_(PrepareInsert(session.soci())),
      update_(PrepareUpdate(session.soci())),
      select_by_id_(PrepareSelect(session.soci(), kById)),
      select_by_email_(PrepareSelect(session.soci(), kByEmail)),
      select_for_change_(
          PrepareSelect(session.soci(), kById + std::string(session.dialect().for_update()))) {}

AccountRows::~AccountRows() { secret::Wipe(row_.password_hash); }

soci::statement AccountRows::PrepareInsert(soci::session& session) {
  return (session.prepare
              << "insert into accounts (id, email, email_verified, given_name, family_name, "
                 "password_hash, roles, scopes, disabled, create_time, update_time, version) "
                 "values (:id, :email, :email_verified, :given_name, :family_name, "
                 ":password_hash, :roles, :scopes, :disabled, :create_time, :update_time, 1) "
                 "on conflict do nothing",
          soci::use(row_.id, "id"), soci::use(row_.email, "email"),
          soci::use(row_.email_verified, "email_verified"),
          soci::use(row_.given_name, "given_name"), soci::use(row_.family_name, "family_name"),
          soci::use(row_.password_hash, "password_hash"), soci::use(row_.roles, "roles"),
          soci::use(row_.scopes, "scopes"), soci::use(row_.disabled, "disabled"),
          soci::use(row_.create_time, "create_time"), soci::use(row_.update_time, "update_time"));
}

soci::statement AccountRows::PrepareUpdate(soci::session& session) {
  return (session.prepare
              << "update accounts set email_verified = :email_verified, given_name = :given_name, "
                 "family_name = :family_name, password_hash = :password_hash, roles = :roles, "
                 "scopes = :scopes, disabled = :disabled, mfa_enabled = :mfa_enabled, "
                 "update_time = :update_time, sessions_valid_from = :sessions_valid_from, "
                 "kept_session_id = :kept_session_id, version = version + 1 where id = :id",
          soci::use(row_.email_verified, "email_verified"),
          soci::use(row_.given_name, "given_name"), soci::use(row_.family_name, "family_name"),
          soci::use(row_.password_hash, "password_hash"), soci::use(row_.roles, "roles"),
          soci::use(row_.scopes, "scopes"), soci::use(row_.disabled, "disabled"),
          soci::use(row_.mfa_enabled, "mfa_enabled"), soci::use(row_.update_time, "update_time"),
          soci::use(row_.sessions_valid_from, "sessions_valid_from"),
          soci::use(row_.kept_session_id, "kept_session_id"), soci::use(row_.id, "id"));
}

soci::statement AccountRows::PrepareSelect(soci::session& session, const std::string& sql) {
  return (session.prepare << sql, soci::into(row_.id), soci::into(row_.email),
          soci::into(row_.email_verified), soci::into(row_.given_name),
          soci::into(row_.family_name), soci::into(row_.password_hash), soci::into(row_.roles),
          soci::into(row_.scopes), soci::into(row_.disabled), soci::into(row_.mfa_enabled),
          soci::into(row_.create_time), soci::into(row_.update_time),
          soci::into(row_.sessions_valid_from), soci::into(row_.kept_session_id),
          soci::use(key_, "key"));
}

bool AccountRows::Insert(const NewAccount& account) {
  row_ = Row{{.id = account.user_id,
              .email = account.email.text(),
              .given_name = account.given_name,
              .family_name = account.family_name,
              .create_time = ToMicroseconds(account.create_time),
              .update_time = ToMicroseconds(account.create_time)},
             std::string(account.password_hash.Expose())};
  Execute(insert_);
  return insert_.get_affected_rows() == 1;
}

void AccountRows::Update(const Credentials& changed) {
  const Account& account = changed.account;
  row_ = Row{{.id = account.user_id,
              .email_verified = account.email_verified ? 1 : 0,
              .given_name = account.given_name,
              .family_name = account.family_name,
              .roles = JoinWords(account.roles),
              .scopes = JoinWords(account.scopes),
              .disabled = account.disabled ? 1 : 0,
              .mfa_enabled = account.mfa_enabled ? 1 : 0,
              .update_time = ToMicroseconds(account.update_time),
              .sessions_valid_from = ToMicroseconds(account.sessions_valid_from),
              .kept_session_id = account.kept_session_id},
             std::string(changed.password_hash.Expose())};
  Execute(update_);
}

void AccountRows::Execute(soci::statement& statement) {
  try {
    statement.execute(true);
  } catch (...) {
    secret::Wipe(row_.password_hash);
    throw;
  }
  secret::Wipe(row_.password_hash);
}

std::optional<Credentials> AccountRows::FindById(const std::string& user_id) {
  key_ = user_id;
  return FindOne(select_by_id_);
}

std::optional<Credentials> AccountRows::FindByEmail(const CanonicalEmail& email) {
  key_ = email.text();
  return FindOne(select_by_email_);
}

std::optional<Credentials> AccountRows::FindForChange(const std::string& user_id) {
  key_ = user_id;
  return FindOne(select_for_change_);
}

std::optional<Credentials> AccountRows::FindOne(soci::statement& select) {
  if (!select.execute(true)) return std::nullopt;
  std::optional<Credentials> found = TakeRow();
  // Up to the end: until then SQLite holds its snapshot open, and this connection could not write.
  while (select.fetch()) {
  }
  secret::Wipe(row_.password_hash);
  if (found->account.user_id == kNobodysId) return std::nullopt;
  return found;
}

Credentials AccountRows::TakeRow() {
  return {AccountOf(row_), secret::Secret::Take(std::move(row_.password_hash))};
}

}  // namespace tokenforge::users
