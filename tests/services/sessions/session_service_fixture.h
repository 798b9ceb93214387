// SessionServiceTest: the service over real gRPC in one process, on the store in memory. One test
// at a time.
#pragma once

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <gtest/gtest.h>

#include <memory>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/rpc/status.h"
#include "services/sessions/rate_limit_store_memory.h"
#include "services/sessions/session_service.h"
#include "services/sessions/session_store_memory.h"
#include "tests/fakes/fake_clock.h"

namespace tokenforge::sessions {

inline RefreshTokens TestTokens() {
  std::vector<secret::Secret> keys;
  keys.emplace_back(std::string(32, 'k'));
  return RefreshTokens(std::move(keys));
}

class SessionServiceTest : public ::testing::Test {
 protected:
  SessionServiceTest() {
    feed_.SetComplete();
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::SessionService::NewStub(server_->InProcessChannel({}));
  }
  ~SessionServiceTest() override {
    feed_.Drain();
    server_->Shutdown();
  }

  template <class Request, class Response>
  absl::Status Call(grpc::Status (v1::SessionService::Stub::*method)(grpc::ClientContext*,
                                                                     const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    return rpc::FromGrpc((stub_.get()->*method)(&context, request, response));
  }

  v1::CreateSessionResponse Create(const std::string& user) {
    v1::CreateSessionRequest request;
    request.set_user_id(user);
    request.mutable_device()->set_name("phone");
    request.mutable_device()->set_ip_address("2001:db8::1");
    request.add_amr("pwd");
    request.set_client_id("spiffe://example.test/app");
    v1::CreateSessionResponse response;
    EXPECT_TRUE(Call(&v1::SessionService::Stub::CreateSession, request, &response).ok());
    return response;
  }
  absl::Status Rotate(const std::string& token, v1::RotateRefreshTokenResponse* response,
                      const std::string& client = "spiffe://example.test/app") {
    v1::RotateRefreshTokenRequest request;
    request.set_refresh_token(token);
    request.set_client_id(client);
    return Call(&v1::SessionService::Stub::RotateRefreshToken, request, response);
  }
  std::optional<errors::Reason> ReasonOfRotating(const std::string& token) {
    v1::RotateRefreshTokenResponse response;
    return errors::ReasonOf(Rotate(token, &response));
  }
  v1::ListSessionsResponse List(const std::string& user, int size = 0,
                                const std::string& page = "") {
    v1::ListSessionsRequest request;
    request.set_user_id(user);
    request.set_page_size(size);
    request.set_page_token(page);
    v1::ListSessionsResponse response;
    EXPECT_TRUE(Call(&v1::SessionService::Stub::ListSessions, request, &response).ok());
    return response;
  }

  fakes::FakeClock clock_;
  const RefreshTokens tokens_ = TestTokens();
  SessionStoreMemory store_{Policy()};
  RevocationFeed feed_;
  Sessions sessions_{{&store_, &feed_, &tokens_, &clock_}, {}};
  RateLimitStoreMemory limit_store_{&clock_};
  RateLimiter limiter_{&limit_store_, &clock_, {}};
  SessionService service_{&sessions_, &feed_, &limiter_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<v1::SessionService::Stub> stub_;
  const std::string user_ = uuid::NewId();
};

}  // namespace tokenforge::sessions
