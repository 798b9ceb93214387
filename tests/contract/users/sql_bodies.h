// A fixture for what every SQL store promises on both databases: derive from SqlContract, write
// TEST_P, and instantiate with SqlContract::Bodies() and SqlContract::NameOf.
#pragma once

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "tests/contract/users/sql_stores.h"

namespace tokenforge::users {

// A database of one kind, with what it needs to live.
class SqlBody {
 public:
  virtual ~SqlBody() = default;
  virtual SqlStores& stores() = 0;
};

class SqliteSqlBody final : public SqlBody {
 public:
  SqlStores& stores() override { return stores_; }

 private:
  TemporaryFolder folder_;
  SqlStores stores_{folder_.database_url()};
};

class PostgresSqlBody final : public SqlBody {
 public:
  SqlStores& stores() override { return stores_; }

 private:
  contract::PostgresServer server_;
  SqlStores stores_{server_.NewDatabase()};
};

struct SqlBodyKind {
  const char* name;
  std::unique_ptr<SqlBody> (*make)();
};

class SqlContract : public testing::TestWithParam<SqlBodyKind> {
 public:
  static auto Bodies() {
    return testing::Values(SqlBodyKind{"Sqlite", &Make<SqliteSqlBody>},
                           SqlBodyKind{"PostgreSql", &Make<PostgresSqlBody>});
  }
  static std::string NameOf(const testing::TestParamInfo<SqlBodyKind>& info) {
    return info.param.name;
  }

 protected:
  SqlStores& stores() { return body_->stores(); }

 private:
  template <class T>
  static std::unique_ptr<SqlBody> Make() {
    return std::make_unique<T>();
  }

  std::unique_ptr<SqlBody> body_ = GetParam().make();
};

}  // namespace tokenforge::users
