// 64 clients on three replicas that share one Redis: a bucket never gives more than its burst and
// what came in between the first request and the last answer, also when a replica is killed under
// them, and when the clock of the Redis is stepped and stopped.
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <atomic>
#include <cstdlib>
#include <functional>
#include <random>
#include <thread>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/rpc/status.h"
#include "tests/lib/redis/redis_server.h"
#include "tests/lib/redis/server_clock.h"
#include "tests/system/sessions_replicas.h"

namespace tokenforge::systemtest {
namespace {

using sessions::v1::TakeTokensRequest;
using sessions::v1::TakeTokensResponse;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Steady = std::chrono::steady_clock;

constexpr int kClients = 64;
// Less than the clients ask for, also when ThreadSanitizer slows the replicas down.
#if defined(__SANITIZE_THREAD__)
constexpr int kSlower = 10;
#else
constexpr int kSlower = 1;
#endif
constexpr int kBurst = 100 / kSlower;
constexpr int kPerSecond = 50 / kSlower;
// A second bucket, of another partition, which gives less.
constexpr int kFewerBurst = 40 / kSlower;
constexpr int kFewerPerSecond = 20 / kSlower;

std::string Limit(const char* policy, int burst, int per_second) {
  return std::string("--rate-limit=") + policy + "=" + std::to_string(burst) + "/" +
         std::to_string(per_second) + "/1s";
}
const std::vector<std::string> kFlags = {Limit("login_address", kBurst, kPerSecond),
                                         Limit("reset_account", kFewerBurst, kFewerPerSecond)};

// 60 s with TOKENFORGE_STORM_SECONDS=60; short in every run.
seconds HowLong() {
  const char* set = std::getenv("TOKENFORGE_STORM_SECONDS");
  return seconds(set == nullptr ? 3 : std::atoi(set));
}

TakeTokensRequest Request(std::initializer_list<const char*> policies) {
  TakeTokensRequest request;
  for (const char* policy : policies) {
    auto* bucket = request.add_buckets();
    bucket->set_policy(policy);
    bucket->set_subject(std::string("the subject of ") + policy);
    bucket->set_tokens(1);
  }
  return request;
}

struct Tally {
  std::atomic<int> allowed = 0;
  std::atomic<int> refused = 0;
  std::atomic<int> failed = 0;
  double took = 0;  // seconds from the first request to the last answer

  double Bound(int burst, int per_second) const { return burst + per_second * took; }
  void Print(const char* what, double bound) const {
    std::printf(
        "%s: %d clients, %zu replicas, %.2f s: %d allowed, %.1f the bound; %d refused, %d "
        "failed\n",
        what, kClients, SessionsReplicas::kReplicas, took, allowed.load(), bound, refused.load(),
        failed.load());
  }
};

using Ask = std::function<void(sessions::v1::SessionService::Stub&, Tally&)>;

Ask Taking(std::initializer_list<const char*> policies) {
  return [request = Request(policies)](auto& stub, Tally& tally) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + seconds(20));
    TakeTokensResponse response;
    const grpc::Status status = stub.TakeTokens(&context, request, &response);
    ++(!status.ok() ? tally.failed : response.allowed() ? tally.allowed : tally.refused);
  };
}

// Every client shows the same token; an answer that was lost is asked for again.
Ask Refreshing(const std::string& token) {
  return [token](auto& stub, Tally& tally) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + seconds(20));
    sessions::v1::RotateRefreshTokenRequest request;
    request.set_refresh_token(token);
    sessions::v1::RotateRefreshTokenResponse response;
    const absl::Status status =
        rpc::FromGrpc(stub.RotateRefreshToken(&context, request, &response));
    const bool limited = errors::ReasonOf(status) == errors::reasons::RATE_LIMITED;
    ++(status.ok() ? tally.allowed : limited ? tally.refused : tally.failed);
  };
}

// All clients, each on one replica after the other, as fast as they can, while `meanwhile` runs.
void Storm(SessionsReplicas& replicas, const Ask& ask, Tally& tally,
           const std::function<void(Steady::time_point)>& meanwhile = {}) {
  const Steady::time_point begin = Steady::now();
  const Steady::time_point end = begin + HowLong();
  std::vector<std::thread> clients;
  for (int client = 0; client < kClients; ++client) {
    clients.emplace_back([&, client] {
      for (std::size_t call = client; Steady::now() < end; ++call) {
        ask(replicas.stub(call % SessionsReplicas::kReplicas), tally);
      }
    });
  }
  if (meanwhile) meanwhile(end);
  for (std::thread& client : clients) client.join();
  tally.took = std::chrono::duration<double>(Steady::now() - begin).count();
}

TEST(RateLimitStorm, NeverExceedsItsBurstAndWhatCameIn) {
  fakes::RedisServer redis;
  SessionsReplicas replicas(redis.address(), kFlags);
  ASSERT_TRUE(replicas.StartAll());
  Tally tally;
  Storm(replicas, Taking({"login_address"}), tally);
  const double bound = tally.Bound(kBurst, kPerSecond);
  tally.Print("one bucket", bound);
  EXPECT_LE(tally.allowed, bound + 1);
  EXPECT_GT(tally.allowed, kBurst) << "and what comes in is given";
  EXPECT_GT(tally.refused, 0);
  EXPECT_EQ(tally.failed, 0);
}

TEST(RateLimitStorm, NeverExceedsTheTighterOfTwoPartitionsThoughAReplicaDies) {
  fakes::RedisServer redis;
  SessionsReplicas replicas(redis.address(), kFlags);
  ASSERT_TRUE(replicas.StartAll());
  Tally tally;
  Storm(replicas, Taking({"login_address", "reset_account"}), tally, [&](Steady::time_point end) {
    std::this_thread::sleep_until(end - HowLong() / 2);  // in the midst of it
    replicas.Kill(1);
    replicas.Start(1);
  });
  const double bound = tally.Bound(kFewerBurst, kFewerPerSecond);
  tally.Print("two partitions, a replica killed", bound);
  EXPECT_LE(tally.allowed, bound + 1);
  EXPECT_GT(tally.allowed, kFewerBurst);
  EXPECT_GT(tally.refused, 0);
}

TEST(RateLimitStorm, OneSessionIsRefreshedNoMoreThanItsPolicySays) {
  fakes::RedisServer redis;
  SessionsReplicas replicas(redis.address(),
                            {"--rate-limit=refresh_session=20/5/1s", "--refresh-grace=5m"});
  ASSERT_TRUE(replicas.StartAll());
  grpc::ClientContext context;
  sessions::v1::CreateSessionRequest request;
  request.set_user_id("00000000-0000-4000-8000-000000000000");
  sessions::v1::CreateSessionResponse created;
  ASSERT_TRUE(replicas.stub(0).CreateSession(&context, request, &created).ok());
  Tally tally;
  Storm(replicas, Refreshing(created.refresh_token().refresh_token()), tally);
  const double bound = tally.Bound(20, 5);
  tally.Print("refreshes of one session", bound);
  EXPECT_LE(tally.allowed, bound + 1);
  EXPECT_GT(tally.allowed, 20);
  EXPECT_GT(tally.refused, 0);
  EXPECT_EQ(tally.failed, 0) << "no theft, and no other error";
}

// A clock that somebody sets by up to half an hour, ten times a second, or stops.
void Torment(fakes::ServerClock& clock, milliseconds real_begin, Steady::time_point end) {
  std::minstd_rand random(5);
  milliseconds off{};
  bool frozen = false;
  const Steady::time_point begin = Steady::now();
  for (int tick = 0; Steady::now() < end; ++tick) {
    if (tick % 100 == 0) {
      off = seconds(random() % 3'600) - seconds(1'800);
      frozen = random() % 4 == 0;
    }
    const auto passed = std::chrono::duration_cast<milliseconds>(Steady::now() - begin);
    if (!frozen) clock.Set(real_begin + passed + off);
    std::this_thread::sleep_for(milliseconds(1));  // the pace of the clock
  }
}

TEST(RateLimitStorm, ASteppedOrFrozenClockOfRedisGivesNobodyFreeTokens) {
  const auto real =
      std::chrono::duration_cast<milliseconds>(std::chrono::system_clock::now().time_since_epoch());
  fakes::ServerClock clock(real);
  const auto redis = clock.Start(fakes::AclUsers());
  SessionsReplicas replicas(redis->address(), kFlags);
  ASSERT_TRUE(replicas.StartAll());
  Tally tally;
  Storm(replicas, Taking({"login_address"}), tally,
        [&](Steady::time_point end) { Torment(clock, real, end); });
  const double bound = tally.Bound(kBurst, kPerSecond);
  tally.Print("one bucket, Redis' clock stepped and frozen", bound);
  EXPECT_LE(tally.allowed, bound + 1);
  EXPECT_GE(tally.allowed, kBurst);
  EXPECT_GT(tally.refused, 0);
}

}  // namespace
}  // namespace tokenforge::systemtest
