#include "bench/echo_server.h"

#include <grpcpp/server_builder.h>

#include <cstdio>
#include <cstdlib>

namespace tokenforge::bench {

EchoServer::EchoServer(const std::shared_ptr<Trust>& trust) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  if (trust == nullptr) {
    builder.RegisterService(this);
    server_ = builder.BuildAndStart();
    return;
  }
  GuardOptions options;
  options.issuer = kIssuer;
  options.audiences = {kAudience};
  options.trust = trust;
  StartGuarded(builder, options);
}

EchoServer::EchoServer(const GuardOptions& options) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  StartGuarded(builder, options);
}

void EchoServer::StartGuarded(grpc::ServerBuilder& builder, const GuardOptions& options) {
  guard_ = std::make_unique<Guard>(options);
  guard_->Protect<v1::EchoService>(this);
  auto started = guard_->Start(builder);
  if (!started.ok()) {
    std::fprintf(stderr, "%s\n", started.status().ToString().c_str());
    std::exit(1);
  }
  server_ = *std::move(started);
}

grpc::ServerUnaryReactor* EchoServer::Echo(grpc::CallbackServerContext* context,
                                           const v1::EchoRequest* request,
                                           v1::EchoResponse* response) {
  response->set_text(request->text());
  auto* reactor = context->DefaultReactor();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

}  // namespace tokenforge::bench
