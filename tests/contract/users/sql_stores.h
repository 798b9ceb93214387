// What tests of the SQL store share: a store by its URL, a folder for SQLite's file, and an account
// to store.
#pragma once

#include <chrono>
#include <cstdlib>
#include <filesystem>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <utility>

#include "lib/uuid/uuid.h"
#include "services/users/account_store_sql.h"
#include "services/users/sql_dialect.h"
#include "tests/contract/users/postgres_server.h"
#include "tests/services/users/wait.h"

namespace tokenforge::users {

inline constexpr clock::WallTime kNow{std::chrono::microseconds(1'800'000'000'123'456)};

inline std::unique_ptr<AccountStoreSql> OpenStore(
    const std::string& url, const AccountStoreSql::Options& options = {},
    const SqlTimeouts& timeouts = {},
    std::string_view password = contract::PostgresServer::kPassword) {
  auto dialect = SqlDialect::ForUrl(url, secret::Secret(password), timeouts);
  if (!dialect.ok()) throw std::runtime_error(dialect.status().ToString());
  return std::make_unique<AccountStoreSql>(*std::move(dialect), options);
}

// Its name has what URLs and connection strings quote.
class TemporaryFolder {
 public:
  TemporaryFolder() {
    std::string pattern = std::filesystem::temp_directory_path() / "tf users = 'XXXXXX";
    if (::mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("mkdtemp failed");
    path_ = pattern;
  }
  ~TemporaryFolder() { std::filesystem::remove_all(path_); }
  TemporaryFolder(const TemporaryFolder&) = delete;
  TemporaryFolder& operator=(const TemporaryFolder&) = delete;

  std::string database_file() const { return path_ + "/users.db"; }
  std::string database_url() const { return "sqlite://" + database_file(); }

 private:
  std::string path_;
};

inline NewAccount MakeAccount(const std::string& user_id, std::string_view email) {
  return {.user_id = user_id,
          .email = *CanonicalEmail::Parse(email),
          .given_name = "Zo\xC3\xAB",
          .family_name = "O'Neill; drop table accounts -- [1:2] :id ::text $1 ? \\ \"",
          .password_hash = secret::Secret("$2b$04$hash"),
          .create_time = kNow};
}

inline absl::StatusOr<Account> Create(AccountStore& store, NewAccount account) {
  return Wait(store.Create(InAMinute(), std::move(account)));
}
inline absl::StatusOr<Account> Create(AccountStore& store, std::string_view email) {
  return Create(store, MakeAccount(uuid::NewId(), email));
}
inline absl::StatusOr<Account> Find(AccountStore& store, std::string_view email) {
  return Wait(store.FindByEmail(InAMinute(), *CanonicalEmail::Parse(email)));
}
inline absl::Status Ping(AccountStore& store) { return Wait(store.Ping(InAMinute())); }

inline std::string Numbered(int i) { return "user" + std::to_string(i) + "@example.org"; }

}  // namespace tokenforge::users
