// The users service's configuration: everything that can be set, read and checked as a whole before
// anything opens.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "lib/breaker/settings.h"
#include "lib/rpc/settings.h"
#include "services/users/factor_settings.h"
#include "services/users/hash_settings.h"
#include "services/users/mail_settings.h"
#include "services/users/sql_dialect.h"

namespace tokenforge::config {
class Parser;
}

namespace tokenforge::users {

struct Config {
  rpc::ServerSettings server;

  std::string database_url;
  std::string database_password_file;
  std::int64_t database_connections = 4;
  std::int64_t database_queue = 256;
  std::chrono::milliseconds database_connect_timeout{3000};
  std::chrono::milliseconds database_statement_timeout{5000};
  breaker::Settings circuit;  // of the database

  std::chrono::milliseconds audit_anchor_interval{5 * 60 * 1000};

  HashSettings hashing;
  FactorSettings factors;
  MailSettings mail;
};

void Declare(config::Parser& parser, Config* config);

// The part of it that tools on the host need: the database and how passwords are hashed.
void DeclareStorage(config::Parser& parser, Config* config);

// How to reach the database, with the password read from its file. Errors name the setting or the
// file.
absl::StatusOr<std::unique_ptr<const SqlDialect>> DialectOf(const Config& config);

}  // namespace tokenforge::users
