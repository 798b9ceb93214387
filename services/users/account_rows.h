// The prepared statements of accounts on one connection: the SQL once for all dialects.
//
// Used by one thread, as SqlSession is; throws soci::soci_error.
#pragma once

#include <soci/soci.h>

#include <optional>
#include <string>

#include "services/users/account.h"
#include "services/users/account_columns.h"

namespace tokenforge::users {

class SqlSession;

class AccountRows {
 public:
  explicit AccountRows(SqlSession& session);
  ~AccountRows();
  AccountRows(const AccountRows&) = delete;
  AccountRows& operator=(const AccountRows&) = delete;

  // False, and nothing stored, when another account has the ID or the email.
  bool Insert(const NewAccount& account);

  // Nothing when there is no such account.
  std::optional<Credentials> FindById(const std::string& user_id);
  // Does the same work either way: how long it takes does not tell whether there is one.
  std::optional<Credentials> FindByEmail(const CanonicalEmail& email);
  // The same, and until the transaction ends nobody else changes it.
  std::optional<Credentials> FindForChange(const std::string& user_id);

  // Writes everything but the ID, the email and the time of creation. For what FindForChange gave.
  void Update(const Credentials& account);

 private:
  // What the statements are bound to; it must stay where it is.
  struct Row : AccountColumns {
    std::string password_hash = {};
  };

  soci::statement PrepareInsert(soci::session& session);
  soci::statement PrepareUpdate(soci::session& session);
  soci::statement PrepareSelect(soci::session& session, const std::string& sql);
  std::optional<Credentials> FindOne(soci::statement& select);
  Credentials TakeRow();
  void Execute(soci::statement& statement);

  Row row_;
  std::string key_;  // what a select looks for
  soci::statement insert_;
  soci::statement update_;
  soci::statement select_by_id_;
  soci::statement select_by_email_;
  soci::statement select_for_change_;
};

}  // namespace tokenforge::users
