// The prepared statement of imports on one connection.
//
// Used by one thread, as SqlSession is; throws soci::soci_error.
#pragma once

#include <soci/soci.h>

#include <string>

#include "services/users/account_columns.h"

namespace tokenforge::users {

class SqlSession;

class ImportRows {
 public:
  explicit ImportRows(SqlSession& session);
  ~ImportRows();
  ImportRows(const ImportRows&) = delete;
  ImportRows& operator=(const ImportRows&) = delete;

  // False, and nothing stored, when an account has the ID or the email, or one with the ID was
  // removed. One round trip either way. The row was checked by CheckImport: no text holds a NUL.
  bool Insert(const Credentials& row);

 private:
  AccountColumns row_;
  std::string password_hash_;
  soci::statement insert_;
};

}  // namespace tokenforge::users
