// tokenforge-auth: the façade. Wires; decides nothing.
#include <grpcpp/channel.h>
#include <grpcpp/server_builder.h>

#include <optional>

#include "lib/clock/agreed_clock.h"
#include "lib/config/config.h"
#include "lib/rpc/certificate_life.h"
#include "lib/rpc/process.h"
#include "services/auth/admin_service.h"
#include "services/auth/auth_service.h"
#include "services/auth/await_upstreams.h"
#include "services/auth/config.h"
#include "services/auth/options.h"
#include "services/auth/status/serve.h"
#include "services/auth/trust_parts.h"
#include "services/auth/trust_service.h"
#include "services/auth/upstreams.h"
#include "services/auth/well_known.h"

namespace tokenforge::auth {
namespace {

// After a mass logout GetTrust answers with a million revocations.
constexpr int kMaxSnapshotBytes = 256 << 20;

// For what happened in the last moments, once nothing more happens.
constexpr std::chrono::seconds kAuditGrace{3};

absl::Status Wire(const Config& config, rpc::Process& process) {
  const clock::SystemClock machine;
  clock::AgreedClock clock(&machine);
  const auto upstreams = ConnectUpstreams(config, clock, process.readiness());
  if (!upstreams.ok()) return upstreams.status();
  const auto trust = std::make_shared<Trust>(TrustOptions{.clock = &clock});
  auto rules = PeerRulesOf(config);
  if (!rules.ok()) return rules.status();
  TrustParts parts(config, *upstreams, trust, clock);
  operators::HttpServer http(HttpOptionsOf(config));
  ServeWellKnown(http, parts.hub(), config.issuer);
  if (absl::Status started = http.Start(); !started.ok()) return started;
  std::optional<rpc::CertificateLife> http_life;
  if (!config.http_tls_cert_file.empty()) {
    http_life.emplace("http", config.http_tls_cert_file, rpc::Which::kFirst);
  }
  parts.Start();
  process.OnDrain([&] { parts.Drain(); });
  process.OnClose("the trust feed", [&] { parts.Stop(); });
  process.OnClose("the HTTP port", [&] { http.Stop(); });
  const auto activity = std::make_shared<Activity>();
  const auto page =
      status::Serve(config.status_token_file,
                    {*upstreams, parts.watch(), activity, process.readiness()}, process);
  if (!page.ok()) return page.status();
  if (!AwaitUpstreams(*upstreams, parts.feeds(), process)) return absl::OkStatus();

  AuditClient audit_client(upstreams->users);
  AuditQueue audit(
      [&](const AuditQueue::Event& event) { return SendAuditEvent(audit_client, event); });
  process.OnClose("the audit queue", [&] { audit.Stop(kAuditGrace); });
  Facade facade{UsersClient(upstreams->users),
                SessionsClient(upstreams->sessions),
                KeysClient(upstreams->keys),
                parts.hub(),
                AuditClient(upstreams->users),
                audit,
                config.audiences,
                std::move(rules->service_tokens),
                std::move(rules->proxies),
                FactorClient(upstreams->users),
                DirectoryClient(upstreams->users),
                PasswordClient(upstreams->users),
                config.registration == "private",
                HashGate(static_cast<int>(config.max_passwords))};
  facade.activity = activity;
  KeyDesk keys{KeysClient(upstreams->keys), SessionsClient(upstreams->sessions), parts.watch(),
               audit};
  Guard guard(GuardOptionsOf(config, trust));
  AuthService auth(facade, [&guard](std::string_view token) { return guard.VerifyToken(token); });
  AdminService admin(keys, facade);
  TrustService trust_service(parts.feed());
  guard.Protect<v1::AuthService>(&auth);
  guard.Protect<v1::AdminService>(&admin);
  guard.Protect<v1::TrustService>(&trust_service);
  return process.Serve(
      [&](grpc::ServerBuilder& builder) {
        builder.SetMaxSendMessageSize(kMaxSnapshotBytes);
        return guard.Start(builder);
      },
      {v1::AuthService::service_full_name(), v1::AdminService::service_full_name(),
       v1::TrustService::service_full_name()});
}

}  // namespace
}  // namespace tokenforge::auth

int main(int argc, char** argv) {
  tokenforge::rpc::Process process("tokenforge-auth");
  tokenforge::config::Parser parser(
      "tokenforge-auth", "The façade: registers people, logs them in, and hands out tokens.");
  tokenforge::auth::Config config;
  tokenforge::auth::Declare(parser, &config);
  if (const auto outcome = parser.Parse(argc, argv); !outcome.run) return outcome.exit_code;
  return process.Run(config.server, [&] { return tokenforge::auth::Wire(config, process); });
}
