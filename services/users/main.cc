// tokenforge-users: accounts and passwords. Wires; decides nothing.
#include <grpcpp/server_builder.h>

#include "lib/config/config.h"
#include "lib/rpc/process.h"
#include "lib/telemetry/metrics.h"
#include "services/users/account_store_sql.h"
#include "services/users/accounts.h"
#include "services/users/audit_anchor.h"
#include "services/users/audit_log.h"
#include "services/users/audit_store_sql.h"
#include "services/users/config.h"
#include "services/users/database_watch.h"
#include "services/users/directory_store_sql.h"
#include "services/users/factor_parts.h"
#include "services/users/import_store_sql.h"
#include "services/users/outbox_store_sql.h"
#include "services/users/token_store_sql.h"
#include "services/users/user_service.h"
#include "tokenforge/guard.h"

namespace tokenforge::users {
namespace {

constexpr std::chrono::seconds kPoolGrace(5);

SqlDatabase::Options DatabaseOptions(const Config& config, breaker::Circuit& circuit) {
  return {.connections = static_cast<int>(config.database_connections),
          .queue = static_cast<std::size_t>(config.database_queue),
          .statement_timeout = config.database_statement_timeout,
          .circuit = &circuit};
}

GuardOptions GuardOptionsOf(const Config& config) {
  GuardOptions options;
  options.tls = {config.server.tls.cert_file, config.server.tls.key_file,
                 config.server.tls.ca_file};
  options.policy_file = config.server.policy_file;
  return options;
}

absl::Status Wire(const Config& config, rpc::Process& process) {
  auto dialect = DialectOf(config);
  if (!dialect.ok()) return dialect.status();
  const auto factor_keys = FactorKeysOf(config.factors);
  if (!factor_keys.ok()) return factor_keys.status();
  const clock::SystemClock clock;
  const PasswordHasher hasher(PolicyOf(config.hashing), MemoryBytesOf(config.hashing));
  const PasswordPolicy passwords(RulesOf(config.hashing));
  HashQueue hashing(hasher, PoolOf(config.hashing));
  hashing.Announce();
  breaker::Circuit circuit("database", breaker::OptionsOf(config.circuit), clock,
                           process.readiness().NotingCircuit("database"));
  SqlDatabase database(*std::move(dialect), DatabaseOptions(config, circuit));
  AccountStoreSql store(database);
  AuditStoreSql audit_store(database);
  AuditAnchor anchor(audit_store, config.audit_anchor_interval);
  const telemetry::ObservedGauge sql_queue(
      telemetry::PoolQueue("sql"), [&] { return static_cast<double>(database.pool().depth()); });
  DatabaseWatch watch([&](clock::SteadyTime deadline) { return database.Ping(deadline); },
                      process.readiness());
  process.OnClose("the hashing pool", [&] { hashing.pool().Stop(kPoolGrace); });
  const auto transport = TransportOf(config.mail);
  if (!transport.ok()) return transport.status();
  OutboxStoreSql outbox(database);
  MailWorker mails(outbox, transport->get(), StyleOf(config.mail), clock,
                   WorkerOptionsOf(config.mail));
  mails.Start();
  process.OnClose("the mail worker", [&] { mails.Stop(); });
  process.OnClose("the account database", [&] {
    watch.Stop();
    anchor.Stop();
    database.pool().Stop(kPoolGrace);
  });

  Accounts accounts(store, hashing, passwords, clock);
  AuditLog audit(audit_store, store, clock);
  DirectoryStoreSql directory_store(database);
  Directory directory(store, directory_store, clock);
  ImportStoreSql import_store(database);
  AccountImport import(import_store, clock);
  FactorParts factors(database, hashing, *factor_keys, config.factors.issuer, clock);
  TokenStoreSql tokens(database);
  Passwords setting(store, tokens, hashing, passwords, clock);
  UserService service(
      {accounts, audit, directory, import, factors.factors(), factors.login(), setting});
  Guard guard(GuardOptionsOf(config));
  guard.Protect<v1::UserService>(&service);
  return process.Serve([&](grpc::ServerBuilder& builder) { return guard.Start(builder); },
                       {v1::UserService::service_full_name()});
}

}  // namespace
}  // namespace tokenforge::users

int main(int argc, char** argv) {
  tokenforge::rpc::Process process("tokenforge-users");
  tokenforge::config::Parser parser("tokenforge-users",
                                    "Keeps accounts and verifies their passwords.");
  tokenforge::users::Config config;
  tokenforge::users::Declare(parser, &config);
  if (const auto outcome = parser.Parse(argc, argv); !outcome.run) return outcome.exit_code;
  return process.Run(config.server, [&] { return tokenforge::users::Wire(config, process); });
}
