#include "services/users/config.h"

#include <vector>

#include "lib/config/config.h"
#include "lib/errors/errors.h"
#include "lib/secret/file.h"

namespace tokenforge::users {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

SqlTimeouts TimeoutsOf(const Config& config) {
  return {.connect = std::chrono::ceil<seconds>(config.database_connect_timeout),
          .statement = std::chrono::ceil<seconds>(config.database_statement_timeout)};
}

std::vector<std::string> Mistakes(const Config& config) {
  std::vector<std::string> mistakes = MistakesOf(config.mail);
  const auto dialect =
      SqlDialect::ForUrl(config.database_url, secret::Secret(), TimeoutsOf(config));
  for (const errors::FieldFault& fault : errors::FaultsOf(dialect.status())) {
    mistakes.push_back(fault.field + " " + fault.description);
  }
  return mistakes;
}

}  // namespace

void Declare(config::Parser& parser, Config* config) {
  rpc::Declare(parser, &config->server, "127.0.0.1:7444", "127.0.0.1:9444");
  DeclareStorage(parser, config);
  breaker::Declare(parser, &config->circuit);
  Declare(parser, &config->mail);
}

void DeclareStorage(config::Parser& parser, Config* config) {
  parser.Group("Database");
  parser
      .String("database-url", &config->database_url, "",
              "sqlite:///absolute/path or postgresql://user@host:port/database, without a password")
      .Required();
  parser.FileThatExists("database-password-file", &config->database_password_file, "",
                        "PostgreSQL's password for that user, on one line");
  parser.Integer("database-connections", &config->database_connections, 4,
                 "connections, each with a thread of its own", 1, 256);
  parser.Integer("database-queue", &config->database_queue, 256,
                 "calls that may wait for a connection; more are OVERLOADED", 1, 100'000);
  parser.Duration("database-connect-timeout", &config->database_connect_timeout, seconds(3),
                  "how long connecting may take, in whole seconds", seconds(1), seconds(60));
  parser.Duration("database-statement-timeout", &config->database_statement_timeout, seconds(5),
                  "how long a statement may take or wait for a lock, in whole seconds", seconds(1),
                  seconds(60));

  parser.Group("Audit log");
  parser.Duration("audit-anchor-interval", &config->audit_anchor_interval, std::chrono::minutes(5),
                  "how often the end of its chain is written into this process's log", seconds(1),
                  std::chrono::hours(24));

  Declare(parser, &config->hashing);
  Declare(parser, &config->factors);

  parser.Check([config] { return Mistakes(*config); });
}

absl::StatusOr<std::unique_ptr<const SqlDialect>> DialectOf(const Config& config) {
  secret::Secret password;
  if (!config.database_password_file.empty()) {
    absl::StatusOr<secret::Secret> line = secret::ReadLine(config.database_password_file);
    if (!line.ok()) return line.status();
    password = *std::move(line);
  }
  return SqlDialect::ForUrl(config.database_url, password, TimeoutsOf(config));
}

}  // namespace tokenforge::users
