// A real gRPC server in this process, whose KeyService does what a test says.
#pragma once

#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>

#include "lib/rpc/call.h"
#include "lib/rpc/peer.h"
#include "lib/rpc/tls.h"
#include "lib/sync/hand_over.h"
#include "tokenforge/keys/v1/keys.grpc.pb.h"

namespace tokenforge::rpc::testing {

using keys::v1::GetJwksRequest;
using keys::v1::GetJwksResponse;
using keys::v1::KeyService;

// GetJwks calls `on_jwks`; by default it answers with the caller's SPIFFE ID, or refuses. ListKeys
// is the same with `on_list`.
class FakeKeys final : public KeyService::CallbackService {
 public:
  using OnJwks = std::function<grpc::ServerUnaryReactor*(grpc::CallbackServerContext*,
                                                         const GetJwksRequest*, GetJwksResponse*)>;

  grpc::ServerUnaryReactor* GetJwks(grpc::CallbackServerContext* context,
                                    const GetJwksRequest* request,
                                    GetJwksResponse* response) override {
    const sync::Visit visit(this);  // a test's thread and the handlers', see Hand and Take
    ++calls;
    if (on_jwks) return on_jwks(context, request, response);
    const auto peer = PeerOf(*context);
    if (peer.ok()) response->set_jwks(peer->text());
    return Answer(context, peer.status());
  }

  // What a test gives its handlers before a call, and reads after it.
  void Hand() const { sync::HandOver(this); }
  void Take() const { sync::TakeOver(this); }

  OnJwks on_jwks;
  std::atomic<int> calls = 0;
};

class KeyServer {
 public:
  explicit KeyServer(std::shared_ptr<grpc::ServerCredentials> credentials,
                     grpc::Service* beside = nullptr, const std::string& address = "localhost:0") {
    grpc::ServerBuilder builder;
    builder.AddListeningPort(address, std::move(credentials), &port_);
    builder.RegisterService(&keys);
    if (beside != nullptr) builder.RegisterService(beside);
    server_ = builder.BuildAndStart();
  }
  explicit KeyServer(const TlsFiles& files) : KeyServer(*ServerTls(files)) {}
  ~KeyServer() { Stop(); }
  void Stop() { server_->Shutdown(std::chrono::system_clock::now() + std::chrono::seconds(2)); }

  std::string target() const { return "dns:///localhost:" + std::to_string(port_); }
  int port() const { return port_; }
  grpc::Server& server() { return *server_; }
  FakeKeys keys;

 private:
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

// One blocking GetJwks with a deadline.
struct Got {
  grpc::Status status;
  std::string jwks;
};
inline Got GetJwks(const std::shared_ptr<grpc::Channel>& channel, uint64_t version = 0) {
  const auto stub = KeyService::NewStub(channel);
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  GetJwksRequest request;
  request.set_known_version(version);
  GetJwksResponse response;
  Got got;
  got.status = stub->GetJwks(&context, request, &response);
  got.jwks = response.jwks();
  return got;
}

}  // namespace tokenforge::rpc::testing
