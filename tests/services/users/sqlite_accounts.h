// A SQLite database in a folder of its own, gone with the test: for tests of what stands above a
// store.
#pragma once

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>

#include "services/users/account_store_sql.h"
#include "services/users/sql_dialect.h"
#include "tests/services/users/wait.h"

namespace tokenforge::users {

class SqliteAccounts {
 public:
  SqliteAccounts() : database_(DialectIn(folder_ = NewFolder()), {}) {}
  ~SqliteAccounts() { std::filesystem::remove_all(folder_); }
  SqliteAccounts(const SqliteAccounts&) = delete;
  SqliteAccounts& operator=(const SqliteAccounts&) = delete;

  SqlDatabase& database() { return database_; }
  AccountStoreSql& store() { return store_; }

  // Changes an account as an administrator would.
  void SetDisabled(const std::string& user_id, bool disabled) {
    auto edit = [disabled](Credentials& account) -> absl::StatusOr<std::optional<Beside>> {
      account.account.disabled = disabled;
      return Beside{};
    };
    if (!Wait(store_.Change(InAMinute(), user_id, edit)).ok()) throw std::runtime_error("change");
  }

 private:
  static std::string NewFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "tf-users-XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    return pattern;
  }
  static std::unique_ptr<const SqlDialect> DialectIn(const std::string& folder) {
    return *SqlDialect::ForUrl("sqlite://" + folder + "/users.db", secret::Secret(), {});
  }

  std::string folder_;
  SqlDatabase database_;
  AccountStoreSql store_{database_};
};

// A store whose database can never be reached.
class UnreachableAccounts {
 public:
  SqlDatabase& database() { return database_; }
  AccountStoreSql& store() { return store_; }

 private:
  SqlDatabase database_{*SqlDialect::ForUrl("sqlite:///nonexistent/users.db", secret::Secret(), {}),
                        {}};
  AccountStoreSql store_{database_};
};

}  // namespace tokenforge::users
