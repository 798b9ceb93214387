// The keys service in this process, over real gRPC, on a store in memory.
#pragma once

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <memory>

#include "lib/rpc/status.h"
#include "lib/workers/pool.h"
#include "services/keys/guard_report_store_memory.h"
#include "services/keys/key_store_memory.h"
#include "services/keys/keys_service.h"
#include "tests/fakes/fake_clock.h"
#include "tests/services/keys/some_keys.h"

namespace tokenforge::keys {

class ServiceFixture : public ::testing::Test {
 protected:
  ServiceFixture() {
    keeper_.OnNewSet([this] { feed_.Tell(); });
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::KeyService::NewStub(server_->InProcessChannel({}));
  }
  ~ServiceFixture() override {
    feed_.Drain();
    server_->Shutdown();
  }

  template <class Response, class Request>
  absl::StatusOr<Response> Ask(grpc::Status (v1::KeyService::Stub::*method)(grpc::ClientContext*,
                                                                            const Request&,
                                                                            Response*),
                               const std::type_identity_t<Request>& request) {
    grpc::ClientContext context;
    Response response;
    const grpc::Status status = (stub_.get()->*method)(&context, request, &response);
    if (!status.ok()) return rpc::FromGrpc(status);
    return response;
  }
  auto Sign(const v1::SignTokenRequest& request) {
    return Ask(&v1::KeyService::Stub::SignToken, request);
  }
  auto Jwks(uint64_t known = 0) {
    v1::GetJwksRequest request;
    request.set_known_version(known);
    return Ask(&v1::KeyService::Stub::GetJwks, request);
  }
  static v1::SignTokenRequest Request() {
    v1::SignTokenRequest request;
    request.mutable_claims()->set_sub("somebody");
    request.mutable_claims()->add_aud("tokenforge");
    request.mutable_claims()->set_client_id("spiffe://example.org/app");
    return request;
  }

  KeyEncryption keks_ = OneKek();
  fakes::FakeClock clock_;
  KeyStoreMemory store_;
  GuardReportStoreMemory reports_{clock_};
  KeyKeeper keeper_{store_, keks_, clock_, {.algorithm = jose::Algorithm::kEs256}};
  KeyCycle cycle_{keeper_, reports_, clock_, {.algorithm = jose::Algorithm::kEs256}};
  JwksFeed feed_;
  workers::Pool pool_{{.name = "keys", .threads = 1, .queue = 16}};
  KeysService service_{{&keeper_, &cycle_, &feed_, &reports_, &pool_, &clock_, {}},
                       {"https://id.example.org", std::chrono::seconds(900)}};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::KeyService::Stub> stub_;
};

}  // namespace tokenforge::keys
