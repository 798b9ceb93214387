#include "bench/suite_load.h"

#include <grpcpp/client_context.h>

#include <cstdio>
#include <cstdlib>

namespace tokenforge::bench {
namespace {

using systemtest::FacadeClient;

constexpr int kPeopleAConnection = 16;

struct RefreshCall {
  grpc::ClientContext context;
  auth::v1::RefreshRequest request;
  auth::v1::RefreshResponse response;
};

struct LoginCall {
  grpc::ClientContext context;
  auth::v1::LoginRequest request;
  auth::v1::LoginResponse response;
};

}  // namespace

RefreshChains::RefreshChains(systemtest::Suite& suite, int count) {
  for (int i = 0; i < count; ++i) {
    if (i % kPeopleAConnection == 0)
      clients_.push_back(std::make_unique<FacadeClient>(suite.Connect("auth")));
    emails_.push_back(systemtest::FreshEmail());
    const auto registered = clients_.back()->Register(emails_.back(), systemtest::kPassword);
    if (!registered.ok()) {
      std::fprintf(stderr, "Register: %s\n", registered.status().ToString().c_str());
      std::exit(1);
    }
    tokens_.push_back(registered->tokens().refresh_token());
  }
}

LoadResult RefreshChains::Run(std::chrono::milliseconds duration) {
  return RunLoad(
      static_cast<int>(tokens_.size()), duration,
      [this](int chain, std::function<void(bool)> answered) {
        const auto person = static_cast<size_t>(chain);
        auto call = std::make_shared<RefreshCall>();
        call->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
        call->request.set_refresh_token(tokens_[person]);
        clients_[person / kPeopleAConnection]->stub().async()->Refresh(
            &call->context, &call->request, &call->response,
            [this, person, call, answered](const grpc::Status& status) {
              if (status.ok()) tokens_[person] = call->response.tokens().refresh_token();
              answered(status.ok());
            });
      });
}

LoadResult RunLogins(systemtest::Suite& suite, const RefreshChains& people, int in_flight,
                     std::chrono::milliseconds duration) {
  // Kept: a channel must not go away while gRPC 1.51 is still at work on its last answer (see
  // guard_bench.cc).
  static std::vector<std::unique_ptr<FacadeClient>> kept;
  const FacadeClient& client =
      *kept.emplace_back(std::make_unique<FacadeClient>(suite.Connect("auth")));
  return RunLoad(in_flight, duration, [&](int chain, std::function<void(bool)> answered) {
    auto call = std::make_shared<LoginCall>();
    call->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(30));
    call->request.set_email(people.email(chain));
    call->request.set_password(systemtest::kPassword);
    client.stub().async()->Login(
        &call->context, &call->request, &call->response,
        [call, answered](const grpc::Status& status) { answered(status.ok()); });
  });
}

std::vector<int> PidsOf(systemtest::Suite& suite) {
  std::vector<int> pids;
  for (const std::string& name : suite.names()) pids.push_back(suite.process(name).pid());
  return pids;
}

}  // namespace tokenforge::bench
