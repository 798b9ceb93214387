// A guarded server of some team, as small as one can be: AuthService/WhoAmI stands for any method
// that asks for a token, and answers with the caller's subject. Its life is that of every guarded
// server (tokenforge/server_life.h).
//
//   tf_guarded_server LISTEN FACADES ISSUER CERTS DRAIN_DELAY_MS
#include <grpcpp/grpcpp.h>

#include <cstdio>
#include <cstdlib>

#include "tokenforge/auth/v1/auth.grpc.pb.h"
#include "tokenforge/caller.h"
#include "tokenforge/guard.h"
#include "tokenforge/server_life.h"

namespace {

namespace v1 = tokenforge::auth::v1;

class AnyService final : public v1::AuthService::Service {
  grpc::Status WhoAmI(grpc::ServerContext* context, const v1::WhoAmIRequest*,
                      v1::WhoAmIResponse* response) override {
    response->mutable_user()->set_user_id(tokenforge::CallerOf(*context).subject());
    return grpc::Status::OK;
  }
};

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "guarded: %s\n", status.ToString().c_str());
  return 1;
}

}  // namespace

int main(int argc, char** argv) {
  if (argc != 6) return 2;
  tokenforge::ServerLife life({.drain_delay = std::chrono::milliseconds(std::atoi(argv[5]))});
  const std::string certs = argv[4];
  tokenforge::GuardOptions options;
  options.issuer = argv[3];
  options.audiences = {"tokenforge"};
  options.facade_address = argv[2];
  options.tls = {certs + "/example.crt", certs + "/example.key", certs + "/ca.crt"};
  options.guard_id = argv[1];
  const auto credentials = tokenforge::MtlsServerCredentials(options.tls);
  if (!credentials.ok()) return Fail(credentials.status());

  AnyService service;
  tokenforge::Guard guard(options);
  guard.Protect<v1::AuthService>(&service);
  grpc::ServerBuilder builder;
  builder.AddListeningPort(argv[1], *credentials);
  life.Prepare(builder);
  auto server = guard.Start(builder);
  if (!server.ok()) return Fail(server.status());
  // Not before it can judge: until here health says NOT_SERVING.
  while (!life.Draining() && !guard.WaitUntilReady(std::chrono::seconds(1))) {
  }
  return life.Serve(*std::move(server));
}
