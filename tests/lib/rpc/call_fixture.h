// CallTest: a client, a server `front` and a server `back` that its handler calls, as a fixture.
#pragma once

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <chrono>
#include <functional>
#include <memory>
#include <optional>

#include "lib/errors/errors.h"
#include "lib/rpc/call.h"
#include "lib/rpc/server_call.h"
#include "lib/secret/secret.h"
#include "tests/lib/rpc/key_server.h"

namespace tokenforge::rpc::testing {

namespace reasons = errors::reasons;
using std::chrono::milliseconds;
using std::chrono::seconds;
using AsyncKeys = KeyService::StubInterface::async_interface;

inline std::shared_ptr<grpc::Channel> Plain(const KeyServer& server) {
  return grpc::CreateChannel(server.target(), grpc::InsecureChannelCredentials());
}

// A client calls `front`, whose handler calls `back` through rpc::Call and answers with what it
// got.
class CallTest : public ::testing::Test {
 protected:
  CallTest()
      : back_(grpc::InsecureServerCredentials()),
        front_(grpc::InsecureServerCredentials()),
        circuit_(std::make_shared<breaker::Circuit>("back", breaker::CircuitOptions(), clock_)),
        to_back_(std::make_unique<Downstream<KeyService>>(Upstream{Plain(back_), circuit_})),
        front_stub_(KeyService::NewStub(Plain(front_))) {
    front_.keys.on_jwks = [this](grpc::CallbackServerContext* context,
                                 const GetJwksRequest* request, GetJwksResponse* response) {
      return Serve(context, Forward(ServerCall(*context), *request, response));
    };
  }

  async::Task<absl::Status> Forward(ServerCall call, GetJwksRequest request,
                                    GetJwksResponse* response) {
    OutgoingContext outgoing(call);
    if (at_most_) outgoing.AtMost(*at_most_);
    if (bearer_) outgoing.WithBearer(*bearer_);
    absl::StatusOr<GetJwksResponse> answer =
        co_await Call(*to_back_, &AsyncKeys::GetJwks, std::move(outgoing), request);
    if (!answer.ok()) co_return answer.status();
    *response = *std::move(answer);
    co_return absl::OkStatus();
  }

  Got Ask(grpc::ClientContext& context) {
    GetJwksResponse response;
    Got got;
    for (const FakeKeys* keys : {&front_.keys, &back_.keys}) keys->Hand();
    got.status = front_stub_->GetJwks(&context, GetJwksRequest(), &response);
    for (const FakeKeys* keys : {&front_.keys, &back_.keys}) keys->Take();
    got.jwks = response.jwks();
    return got;
  }
  Got Ask(std::chrono::milliseconds deadline = seconds(10)) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + deadline);
    return Ask(context);
  }

  // What `back` answers.
  void Back(std::function<absl::Status(grpc::CallbackServerContext&, GetJwksResponse&)> answer) {
    back_.keys.on_jwks = [answer](grpc::CallbackServerContext* context, const GetJwksRequest*,
                                  GetJwksResponse* response) {
      return Answer(context, answer(*context, *response));
    };
  }

  KeyServer back_;
  KeyServer front_;
  const clock::SystemClock clock_;
  std::shared_ptr<breaker::Circuit> circuit_;
  std::unique_ptr<Downstream<KeyService>> to_back_;
  std::unique_ptr<KeyService::Stub> front_stub_;
  std::optional<milliseconds> at_most_;
  std::optional<secret::Secret> bearer_;
};

}  // namespace tokenforge::rpc::testing
