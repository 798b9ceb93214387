// What the sessions service answers while its Redis is stopped, hung, full, read-only or slow: the
// same refusal from every method that needs what Redis cannot do, in time, never a verdict about a
// session; and all is well again when Redis is, without a restart.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <functional>
#include <map>
#include <set>

#include "lib/errors/errors.h"
#include "lib/redis/client.h"
#include "lib/rpc/status.h"
#include "lib/uuid/uuid.h"
#include "tests/chaos/sessions_process.h"
#include "tests/lib/redis/ask.h"

namespace tokenforge::chaos {
namespace {

using sessions::v1::SessionService;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::IsEmpty;

constexpr milliseconds kRedisTimeout{300};
constexpr seconds kPatience{30};  // of the caller: whoever sees it pass was left hanging
constexpr char kClient[] = "spiffe://example.test/app";

// A fault, how it begins and ends, and which methods it leaves alone: those that only read, where
// only writing fails.
struct Fault {
  std::string name;
  std::function<void(fakes::RedisServer&)> begin, end;
  std::set<std::string> spares = {};
};

void Tell(fakes::RedisServer& server, std::initializer_list<std::string_view> command) {
  const auto admin = redis::Open(fakes::OptionsFor(server.address()));
  const auto reply = fakes::Ask(*admin, redis::Command(command));
  ASSERT_TRUE(reply.ok()) << reply.status();
}

// Redis serves nobody for so long, and then all that wait.
constexpr std::string_view kSlowFor = "8000";

std::vector<Fault> Faults() {
  using Server = fakes::RedisServer;
  return {
      {"Stopped", [](Server& redis) { redis.Kill(); }, [](Server& redis) { redis.Start(); }},
      {"Hung", [](Server& redis) { redis.Pause(); }, [](Server& redis) { redis.Resume(); }},
      {"Full",
       [](Server& redis) { Tell(redis, {"CONFIG", "SET", "maxmemory", "1"}); },
       [](Server& redis) { Tell(redis, {"CONFIG", "SET", "maxmemory", "0"}); },
       {"ListSessions"}},
      {"ReadOnly",
       [](Server& redis) { Tell(redis, {"REPLICAOF", "127.0.0.1", "1"}); },
       [](Server& redis) { Tell(redis, {"REPLICAOF", "NO", "ONE"}); },
       {"ListSessions"}},
      {"Slow", [](Server& redis) { Tell(redis, {"CLIENT", "PAUSE", kSlowFor, "ALL"}); },
       [](Server&) {}},
  };
}

class RedisFaults : public ::testing::TestWithParam<Fault> {
 protected:
  template <class Request, class Response>
  absl::Status Call(grpc::Status (SessionService::Stub::*method)(grpc::ClientContext*,
                                                                 const Request&, Response*),
                    const Request& request, Response* response, milliseconds within = kPatience) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + within);
    return rpc::FromGrpc((service_.stub().*method)(&context, request, response));
  }

  absl::StatusOr<std::string> Create(const std::string& user) {
    sessions::v1::CreateSessionRequest request;
    request.set_user_id(user);
    request.set_client_id(kClient);
    request.add_amr("pwd");
    sessions::v1::CreateSessionResponse response;
    if (auto status = Call(&SessionService::Stub::CreateSession, request, &response); !status.ok())
      return status;
    session_ = response.session().session_id();
    return response.refresh_token().refresh_token();
  }
  absl::Status Rotate(const std::string& token, milliseconds within = kPatience) {
    sessions::v1::RotateRefreshTokenRequest request;
    request.set_refresh_token(token);
    request.set_client_id(kClient);
    sessions::v1::RotateRefreshTokenResponse response;
    return Call(&SessionService::Stub::RotateRefreshToken, request, &response, within);
  }
  absl::StatusOr<int> List(const std::string& user) {
    sessions::v1::ListSessionsRequest request;
    request.set_user_id(user);
    sessions::v1::ListSessionsResponse response;
    if (auto status = Call(&SessionService::Stub::ListSessions, request, &response); !status.ok())
      return status;
    return response.sessions_size();
  }
  absl::Status Revoke(const std::string& user, const std::string& session) {
    sessions::v1::RevokeSessionRequest request;
    request.set_user_id(user);
    request.set_session_id(session);
    sessions::v1::RevokeSessionResponse response;
    return Call(&SessionService::Stub::RevokeSession, request, &response);
  }
  absl::Status Take() {
    sessions::v1::TakeTokensRequest request;
    auto* const bucket = request.add_buckets();
    bucket->set_policy("login_address");
    bucket->set_subject("192.0.2.1");
    bucket->set_partition("192.0.2.1");
    bucket->set_tokens(1);
    sessions::v1::TakeTokensResponse response;
    return Call(&SessionService::Stub::TakeTokens, request, &response);
  }

  std::map<std::string, absl::Status> CallEach() {
    return {{"CreateSession", Create(uuid::NewId()).status()},
            {"RotateRefreshToken", Rotate(token_)},
            {"ListSessions", List(user_).status()},
            {"RevokeSession", Revoke(leaver_, leaving_)},
            {"TakeTokens", Take()}};
  }
  // The service notices by itself that Redis is back; that is no event here.
  void AwaitRecovery() {
    const auto until = std::chrono::steady_clock::now() + seconds(60);
    while (!Create(uuid::NewId()).ok()) {
      ASSERT_LT(std::chrono::steady_clock::now(), until) << service_.log();
    }
  }

  SessionsProcess service_{kRedisTimeout};
  std::string session_;  // the last that was created
  const std::string user_ = uuid::NewId();
  const std::string token_ = Create(user_).value();
  const std::string leaver_ = uuid::NewId();
  const std::string leavers_token_ = Create(leaver_).value();
  const std::string leaving_ = session_;
};

TEST_P(RedisFaults, EveryMethodRefusesInTimeAndNoSessionSuffers) {
  const Fault& fault = GetParam();
  fault.begin(service_.redis());
  for (const auto& [method, status] : CallEach()) {
    SCOPED_TRACE(method);
    if (fault.spares.contains(method)) {
      EXPECT_TRUE(status.ok()) << status;
      continue;
    }
    EXPECT_EQ(status.code(), absl::StatusCode::kUnavailable) << status;
    EXPECT_EQ(errors::ReasonOf(status), errors::reasons::DEPENDENCY_DOWN);
    EXPECT_TRUE(errors::RetryAfterOf(status).has_value());
  }
  fault.end(service_.redis());
  AwaitRecovery();
  EXPECT_TRUE(service_.running());

  EXPECT_EQ(List(user_).value(), 1) << "nothing was ended";
  const absl::Status rotated = Rotate(token_);
  EXPECT_TRUE(rotated.ok()) << "whether it ran or not: no theft, no end. " << rotated;
  EXPECT_TRUE(Revoke(leaver_, leaving_).ok());
  EXPECT_EQ(List(leaver_).value(), 0);
  EXPECT_EQ(errors::ReasonOf(Rotate(leavers_token_)), errors::reasons::SESSION_ENDED);
  EXPECT_TRUE(Take().ok());
}

TEST_P(RedisFaults, ACallersDeadlineHolds) {
  const Fault& fault = GetParam();
  fault.begin(service_.redis());
  const auto before = std::chrono::steady_clock::now();
  const absl::Status status = Rotate(token_, milliseconds(50));
  // Far less than anything that somebody would wait for; a fine measure would measure the machine.
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds(10));
  EXPECT_TRUE(status.code() == absl::StatusCode::kUnavailable ||
              status.code() == absl::StatusCode::kDeadlineExceeded)
      << status;
  fault.end(service_.redis());
  AwaitRecovery();
  EXPECT_TRUE(Rotate(token_).ok());
}

INSTANTIATE_TEST_SUITE_P(Faults, RedisFaults, ::testing::ValuesIn(Faults()),
                         [](const auto& fault) { return fault.param.name; });

}  // namespace
}  // namespace tokenforge::chaos
