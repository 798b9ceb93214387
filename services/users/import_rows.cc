#include "services/users/import_rows.h"

#include "services/users/sql_session.h"
#include "services/users/sql_time.h"

namespace tokenforge::users {

// The casts are for PostgreSQL, which takes what stands in a select for text.
ImportRows::ImportRows(SqlSession& session)
    : insert_((session.soci().prepare
                   << "insert into accounts (id, email, email_verified, given_name, family_name, "
                      "password_hash, roles, scopes, disabled, create_time, update_time, version) "
                      "select :id, :email, cast(:email_verified as integer), :given_name, "
                      ":family_name, :password_hash, :roles, :scopes, cast(:disabled as integer), "
                      "cast(:create_time as bigint), cast(:update_time as bigint), 1 "
                      "where not exists (select 1 from removed_accounts where id = :removed) "
                      "on conflict do nothing",
               soci::use(row_.id, "id"), soci::use(row_.email, "email"),
               soci::use(row_.email_verified, "email_verified"),
               soci::use(row_.given_name, "given_name"), soci::use(row_.family_name, "family_name"),
               soci::use(password_hash_, "password_hash"), soci::use(row_.roles, "roles"),
               soci::use(row_.scopes, "scopes"), soci::use(row_.disabled, "disabled"),
               soci::use(row_.create_time, "create_time"),
               soci::use(row_.update_time, "update_time"), soci::use(row_.id, "removed"))) {}

ImportRows::~ImportRows() { secret::Wipe(password_hash_); }

bool ImportRows::Insert(const Credentials& row) {
  const Account& account = row.account;
  row_ = AccountColumns{.id = account.user_id,
                        .email = account.email.text(),
                        .email_verified = account.email_verified ? 1 : 0,
                        .given_name = account.given_name,
                        .family_name = account.family_name,
                        .roles = JoinWords(account.roles),
                        .scopes = JoinWords(account.scopes),
                        .disabled = account.disabled ? 1 : 0,
                        .create_time = ToMicroseconds(account.create_time),
                        .update_time = ToMicroseconds(account.update_time)};
  password_hash_ = std::string(row.password_hash.Expose());
  insert_.execute(true);
  const bool stored = insert_.get_affected_rows() == 1;
  secret::Wipe(password_hash_);
  return stored;
}

}  // namespace tokenforge::users
