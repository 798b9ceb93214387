#include "services/users/sql_session.h"

#include <soci/soci.h>

#include <utility>

namespace tokenforge::users {

SqlSession::SqlSession(const SqlDialect& dialect, std::unique_ptr<soci::session> connection)
    : dialect_(dialect), connection_(std::move(connection)) {}

SqlSession::~SqlSession() = default;

void SqlSession::Begin() { dialect_.BeginWrite(*connection_); }

void SqlSession::Commit() {
  committing_ = true;
  *connection_ << "commit";
  committing_ = false;
}

void SqlSession::Rollback() { *connection_ << "rollback"; }

void SqlSession::Ping() {
  int one = 0;
  *connection_ << "select 1", soci::into(one);
}

}  // namespace tokenforge::users
