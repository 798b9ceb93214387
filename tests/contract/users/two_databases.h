// Runs a suite on SQLite and on PostgreSQL: a fresh database for each test, one PostgreSQL server
// for all tests of a program.
//
// INSTANTIATE_TEST_SUITE_P(Bodies, MySuite, testing::ValuesIn(kTwoDatabases), NameOfDatabase)
#pragma once

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "tests/contract/users/sql_stores.h"

namespace tokenforge::users {

inline const std::string kTwoDatabases[] = {"Sqlite", "Postgres"};

inline std::string NameOfDatabase(const testing::TestParamInfo<std::string>& info) {
  return info.param;
}

inline contract::PostgresServer& SharedPostgres() {
  static contract::PostgresServer server;
  return server;
}

class TwoDatabases : public testing::TestWithParam<std::string> {
 protected:
  bool on_postgres() const { return GetParam() == "Postgres"; }
  const std::string& url() const { return url_; }

 private:
  TemporaryFolder folder_;
  const std::string url_ =
      GetParam() == "Postgres" ? SharedPostgres().NewDatabase() : folder_.database_url();
};

}  // namespace tokenforge::users
