// tokenforge-auth: the façade. Wires; decides nothing.
#include <grpcpp/channel.h>
#include <grpcpp/server_builder.h>

#include "lib/config/config.h"
#include "lib/rpc/process.h"
#include "services/auth/admin_service.h"
#include "services/auth/auth_service.h"
#include "services/auth/await_upstreams.h"
#include "services/auth/config.h"
#include "services/auth/trust_feeds.h"
#include "services/auth/trust_service.h"
#include "services/auth/upstreams.h"
#include "services/auth/well_known.h"
#include "tokenforge/guard.h"

namespace tokenforge::auth {
namespace {

operators::HttpOptions HttpOptionsOf(const Config& config) {
  operators::HttpOptions options;
  options.address = config.http_listen;
  options.threads = static_cast<std::size_t>(config.http_threads);
  options.certificate_file = config.http_tls_cert_file;
  options.key_file = config.http_tls_key_file;
  return options;
}

GuardOptions GuardOptionsOf(const Config& config, std::shared_ptr<Trust> trust) {
  GuardOptions options;
  options.issuer = config.issuer;
  options.audiences = config.audiences;
  options.trust = std::move(trust);
  options.tls = {config.server.tls.cert_file, config.server.tls.key_file,
                 config.server.tls.ca_file};
  return options;
}

absl::Status Wire(const Config& config, rpc::Process& process) {
  const clock::SystemClock clock;
  const auto upstreams = ConnectUpstreams(config);
  if (!upstreams.ok()) return upstreams.status();
  const auto trust = std::make_shared<Trust>();
  TrustHub hub(config.issuer, trust, clock);
  operators::HttpServer http(HttpOptionsOf(config));
  ServeWellKnown(http, hub, config.issuer);
  if (absl::Status started = http.Start(); !started.ok()) return started;
  TrustFeeds feeds(hub, upstreams->keys, upstreams->sessions, {.keys_poll = config.keys_poll});
  feeds.Start();
  process.OnClose("the trust feeds", [&] { feeds.Stop(); });
  process.OnClose("the HTTP port", [&] { http.Stop(); });
  if (!AwaitUpstreams(*upstreams, feeds, process)) return absl::OkStatus();

  Facade facade{UsersClient(upstreams->users), SessionsClient(upstreams->sessions),
                KeysClient(upstreams->keys), hub, config.audiences};
  Guard guard(GuardOptionsOf(config, trust));
  AuthService auth(facade, [&guard](std::string_view token) { return guard.VerifyToken(token); });
  AdminService admin;
  TrustService trust_service(hub, clock);
  guard.Protect<v1::AuthService>(&auth);
  guard.Protect<v1::AdminService>(&admin);
  guard.Protect<v1::TrustService>(&trust_service);
  return process.Serve([&](grpc::ServerBuilder& builder) { return guard.Start(builder); });
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
