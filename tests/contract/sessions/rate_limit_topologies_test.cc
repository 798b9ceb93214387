// The rate limits on a Redis Cluster and behind Sentinels: partitions lie on several nodes, slots
// move and primaries hand over under them, and still nobody gets a token too many.
#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "lib/secret/digest.h"
#include "services/sessions/rate_limit_store_redis.h"
#include "services/sessions/rate_limiter.h"
#include "tests/lib/redis/acl_users.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/redis_cluster.h"
#include "tests/lib/redis/redis_sentinel.h"

namespace tokenforge::sessions {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// A limiter on whatever is at the address.
class LimiterOn {
 public:
  explicit LimiterOn(redis::Options options) : client_(redis::Open(std::move(options))) {
    while (!client_->Connected()) std::this_thread::yield();
  }

  absl::StatusOr<StepResult> Take(const std::vector<PartitionedShare>& shares) {
    return fakes::Finish(limiter_.Take(shares, fakes::In(seconds(30))));
  }
  absl::StatusOr<StepResult> GiveBack(const std::vector<PartitionedShare>& shares) {
    return fakes::Finish(limiter_.GiveBack(shares, fakes::In(seconds(30))));
  }

 private:
  const clock::SystemClock clock_;
  std::unique_ptr<redis::Client> client_;
  RateLimitStoreRedis store_{client_.get()};
  RateLimiter limiter_{&store_, &clock_, {RateLimits(), seconds(20)}};
};

redis::Options SessionsAt(const std::string& address) {
  redis::Options options = fakes::As("sessions", fakes::OptionsFor(address));
  options.sentinel_username = "tokenforge";
  options.sentinel_password = secret::Secret(fakes::AclUsers::PasswordOf("tokenforge"));
  return options;
}

// As the façade asks before it verifies a password; nothing refills while a test runs.
std::vector<PartitionedShare> Login(int user) {
  const std::string email = std::to_string(user) + "@example.test";
  const std::string address = "address of " + email;
  return {{address, {"login_account", TokenPolicy{5, 0, hours(1)}, email + address, 1, false}},
          {address, {"login_address", TokenPolicy{100, 0, hours(1)}, address, 1, false}},
          {email, {std::string(kAccountLock), LockPolicy(), email, 1, false}}};
}

// Five of each go through; what a refusal took from another node's partition goes back.
void FiveOfEachGoThrough(LimiterOn& limiter, int users) {
  for (int user = 0; user < users; ++user) {
    for (int attempt = 0; attempt < 8; ++attempt) {
      const auto result = limiter.Take(Login(user));
      ASSERT_TRUE(result.ok()) << result.status();
      ASSERT_EQ(result->allowed, attempt < 5);
      ASSERT_EQ(result->levels[2].remaining, attempt < 5 ? 19 - attempt : 15);
    }
    std::vector<PartitionedShare> success = Login(user);
    success[2].share.ends_streak = true;
    const auto back = limiter.GiveBack(success);
    ASSERT_TRUE(back.ok()) << back.status();
    EXPECT_EQ(back->levels[0].remaining, 1);
    EXPECT_EQ(back->levels[2].remaining, 20);
  }
}

// A bucket that eight clients cannot empty.
constexpr std::int64_t kPlenty = 1'000'000;
const PartitionedShare kShare{"p", {"any", TokenPolicy{kPlenty, 0, hours(1)}, "subject", 1, false}};

// Eight clients take while `meanwhile` goes on; how often they were let through.
std::int64_t TakeWhile(LimiterOn& limiter, const std::function<void()>& meanwhile) {
  std::atomic<std::int64_t> allowed = 0;
  std::atomic<bool> over = false;
  std::vector<std::thread> clients;
  for (int client = 0; client < 8; ++client) {
    clients.emplace_back([&] {
      while (!over) {
        const auto result = limiter.Take({kShare});
        allowed += result.ok() && result->allowed;
      }
    });
  }
  EXPECT_NO_THROW(meanwhile());
  over = true;
  for (std::thread& client : clients) client.join();
  return allowed;
}

TEST(RateLimitTopologies, PartitionsLieOnAllNodesOfACluster) {
  fakes::RedisCluster cluster({.node_timeout = seconds(30)});
  LimiterOn limiter(SessionsAt(cluster.address()));
  FiveOfEachGoThrough(limiter, 30);
  for (int node = 0; node < fakes::RedisCluster::kPrimaries; ++node) {
    EXPECT_GT(cluster.Ask(node, {"DBSIZE"}).AsInteger().value(), 0) << node;
  }
}

TEST(RateLimitTopologies, NothingIsGivenTwiceWhileSlotsMove) {
  fakes::RedisCluster cluster({.node_timeout = seconds(30)});
  LimiterOn limiter(SessionsAt(cluster.address()));
  const int slot = redis::SlotOf("b" + std::to_string(secret::Sha256("p")[0] % 64));
  const std::int64_t allowed = TakeWhile(limiter, [&] {
    int owner = cluster.PrimaryOf(slot);
    for (int turn = 0; turn < 6; ++turn) {
      const int next = (owner + 1) % fakes::RedisCluster::kPrimaries;
      cluster.MoveSlot({slot, owner, next});
      owner = next;
      cluster.AwaitWhole();
    }
  });
  EXPECT_GT(allowed, 100);
  // Until each node has heard of the last move, two may send a step to each other: it does not run.
  const auto end = std::chrono::steady_clock::now() + seconds(60);
  auto last = limiter.Take({kShare});
  while (absl::IsUnavailable(last.status()) && std::chrono::steady_clock::now() < end) {
    last = limiter.Take({kShare});
  }
  ASSERT_TRUE(last.ok()) << last.status();
  EXPECT_EQ(last->levels[0].remaining, kPlenty - allowed - 1)
      << "none twice, and none lost: a step that was redirected has not run";
}

TEST(RateLimitTopologies, WorkBehindSentinels) {
  fakes::RedisSentinel servers({.down_after = seconds(30)});
  LimiterOn limiter(SessionsAt(servers.address()));
  FiveOfEachGoThrough(limiter, 10);
}

}  // namespace
}  // namespace tokenforge::sessions
