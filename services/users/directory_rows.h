// The prepared statements of administration on one connection: lists, who is an administrator, and
// removal.
//
// Used by one thread, as SqlSession is; throws soci::soci_error.
#pragma once

#include <soci/soci.h>

#include <string>
#include <vector>

#include "services/users/account_columns.h"
#include "services/users/directory_rules.h"

namespace tokenforge::users {

class SqlSession;

class DirectoryRows {
 public:
  explicit DirectoryRows(SqlSession& session);
  DirectoryRows(const DirectoryRows&) = delete;
  DirectoryRows& operator=(const DirectoryRows&) = delete;

  std::vector<Account> List(const Listing& listing);

  // The IDs of all enabled administrators; until the transaction ends nobody else changes one of
  // them, or becomes one that was one of them. Before anything else is locked: two transactions
  // that lock these in this order wait for each other, and never both see the other's as remaining.
  std::vector<std::string> LockAdministrators();

  // In a transaction, an account that FindForChange gave.
  void Remove(const std::string& user_id, long long now);
  bool WasRemoved(const std::string& user_id);

 private:
  soci::statement PrepareList(soci::session& session, const std::string& key);

  AccountColumns row_;
  std::string from_;  // what a statement looks for
  std::string end_;
  long long count_ = 0;
  std::string id_;
  long long now_ = 0;
  soci::statement list_by_id_;
  soci::statement list_by_email_;
  soci::statement lock_administrators_;
  soci::statement remove_;
  soci::statement remember_;
  soci::statement find_removed_;
};

}  // namespace tokenforge::users
