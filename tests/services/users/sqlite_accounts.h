// A SQLite database in a folder of its own, gone with the test: for tests of what stands above a
// store.
#pragma once

#include <soci/soci.h>

#include <cstdlib>
#include <filesystem>
#include <stdexcept>
#include <string>
#include <utility>
#include <vector>

#include "services/users/account_store_sql.h"
#include "services/users/sql_dialect.h"
#include "services/users/sql_session.h"
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

  // Kinds of what was written into the log or the outbox, oldest first.
  std::vector<std::string> Events() { return Kinds("audit_events order by sequence"); }
  std::vector<std::string> Mails() { return Kinds("mail_outbox order by create_time"); }

 private:
  std::vector<std::string> Kinds(const std::string& from) {
    auto read = [&](SqlSession& session) -> absl::StatusOr<std::vector<std::string>> {
      std::vector<std::string> kinds;
      const soci::rowset<std::string> rows = (session.soci().prepare << "select kind from " + from);
      for (const std::string& kind : rows) kinds.push_back(kind);
      return kinds;
    };
    return Wait(database_.Run(InAMinute(), "Test", read)).value();
  }
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
