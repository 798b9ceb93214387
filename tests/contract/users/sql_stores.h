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

inline std::unique_ptr<const SqlDialect> DialectOf(const std::string& url,
                                                   const SqlTimeouts& timeouts,
                                                   std::string_view password) {
  auto dialect = SqlDialect::ForUrl(url, secret::Secret(password), timeouts);
  if (!dialect.ok()) throw std::runtime_error(dialect.status().ToString());
  return *std::move(dialect);
}

// A database and the stores over it.
struct SqlStores {
  SqlDatabase database;
  AccountStoreSql accounts{database};

  explicit SqlStores(const std::string& url, const SqlDatabase::Options& options = {},
                     const SqlTimeouts& timeouts = {},
                     std::string_view password = contract::PostgresServer::kPassword)
      : database(DialectOf(url, timeouts, password), options) {}
};

inline std::unique_ptr<SqlStores> OpenStore(
    const std::string& url, const SqlDatabase::Options& options = {},
    const SqlTimeouts& timeouts = {},
    std::string_view password = contract::PostgresServer::kPassword) {
  return std::make_unique<SqlStores>(url, options, timeouts, password);
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

inline AuditEvent EventOf(const std::string& kind, const std::string& user_id) {
  return Audited({.actor = "spiffe://tokenforge.local/test", .ip_address = "192.0.2.1"}, kNow, kind,
                 user_id);
}

inline absl::StatusOr<Account> Create(SqlStores& stores, NewAccount account) {
  Beside beside{.events = {EventOf("account.created", account.user_id)}};
  return Wait(stores.accounts.Create(InAMinute(), std::move(account), std::move(beside)));
}
inline absl::StatusOr<Account> Create(SqlStores& stores, std::string_view email) {
  return Create(stores, MakeAccount(uuid::NewId(), email));
}
inline absl::StatusOr<Account> Find(SqlStores& stores, std::string_view email) {
  return Wait(stores.accounts.FindByEmail(InAMinute(), *CanonicalEmail::Parse(email)));
}
inline absl::Status Ping(SqlStores& stores) { return Wait(stores.database.Ping(InAMinute())); }

inline std::string Numbered(int i) { return "user" + std::to_string(i) + "@example.org"; }

}  // namespace tokenforge::users
