// SqlSession: one connection to the account database, with the prepared statements of each subject
// that was used on it, and transactions.
//
// A subject's statements are a class of its own (`AccountRows`, `AuditRows`) with a constructor
// that takes this session and prepares; Part<Rows>() makes it at its first use and keeps it as long
// as the connection lives, because preparing again for each call would cost as much as the call.
//
// Used by one thread. Everything throws soci::soci_error; after that the session is of no further
// use (prepared statements die with their connection) and is thrown away with its open
// transaction. Exceptions and their texts, which hold bound values, stop at sql_database.cc.
#pragma once

#include <map>
#include <memory>
#include <typeindex>

#include "services/users/sql_dialect.h"

namespace tokenforge::users {

class SqlSession {
 public:
  SqlSession(const SqlDialect& dialect, std::unique_ptr<soci::session> connection);
  ~SqlSession();
  SqlSession(const SqlSession&) = delete;
  SqlSession& operator=(const SqlSession&) = delete;

  soci::session& soci() { return *connection_; }
  const SqlDialect& dialect() const { return dialect_; }

  template <class Rows>
  Rows& Part() {
    std::shared_ptr<void>& part = parts_[std::type_index(typeid(Rows))];
    if (!part) part = std::make_shared<Rows>(*this);
    return *static_cast<Rows*>(part.get());
  }

  // Runs `work` in a transaction that no other writer's is in the middle of, as far as rows that it
  // reads with SqlDialect::for_update go. `work` returns an absl::Status or a StatusOr: committed
  // when that is OK, rolled back when not. Not to be nested.
  template <class Work>
  auto InTransaction(Work work) {
    Begin();
    auto result = work();
    if (result.ok()) {
      Commit();
    } else {
      Rollback();
    }
    return result;
  }

  // Whether an exception left a commit without an answer: what it was about may have happened, and
  // must not be done again.
  bool commit_unanswered() const { return committing_; }

  // Asks the database anything at all.
  void Ping();

 private:
  void Begin();
  void Commit();
  void Rollback();

  const SqlDialect& dialect_;
  std::unique_ptr<soci::session> connection_;
  std::map<std::type_index, std::shared_ptr<void>> parts_;  // last: they end before the connection
  bool committing_ = false;
};

}  // namespace tokenforge::users
