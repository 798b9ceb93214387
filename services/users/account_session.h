// One connection to the account database with its prepared statements: the SQL of accounts, once
// for all dialects.
//
// Used by one thread. Everything throws soci::soci_error; after that the object is of no further
// use (prepared statements die with their connection) except after a violated unique column.
// Exceptions and their texts stop at account_store_sql.cc.
#pragma once

#include <soci/soci.h>

#include <memory>
#include <optional>
#include <string>

#include "services/users/account.h"

namespace tokenforge::users {

class AccountSession {
 public:
  explicit AccountSession(std::unique_ptr<soci::session> session);
  ~AccountSession();
  AccountSession(const AccountSession&) = delete;
  AccountSession& operator=(const AccountSession&) = delete;

  // Durable when it returns.
  void Insert(const NewAccount& account);
  // After a violated unique column, before the next Insert: SOCI would forget the failed
  // statement's buffers, the password hash among them; the end of that statement frees them.
  void RenewInsert();

  // Nothing when there is no such account. FindByEmail also reads the password's hash.
  std::optional<Credentials> FindById(const std::string& user_id);
  std::optional<Credentials> FindByEmail(const CanonicalEmail& email);

  // Asks the database anything at all.
  void Ping();

 private:
  // What the statements are bound to; it must stay where it is.
  struct Row {
    std::string id;
    std::string email;
    int email_verified = 0;
    std::string given_name;
    std::string family_name;
    std::string password_hash;
    std::string roles = {};
    std::string scopes = {};
    int disabled = 0;
    long long create_time = 0;  // microseconds of Unix time
    long long update_time = 0;
  };

  soci::statement PrepareInsert();
  soci::statement PrepareSelect(const char* where);
  std::optional<Credentials> FindOne(soci::statement& select);
  Credentials TakeRow();

  std::unique_ptr<soci::session> session_;
  Row row_;
  std::string key_;  // what a select looks for
  soci::statement insert_;
  soci::statement select_by_id_;
  soci::statement select_by_email_;
};

}  // namespace tokenforge::users
