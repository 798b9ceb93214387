// The rule of the token bucket in Lua, run by a real Redis, against the one in C++: the same random
// sequences, number by number.
#include <gtest/gtest.h>

#include <random>
#include <sstream>

#include "services/sessions/token_bucket.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/redis_server.h"

namespace tokenforge::sessions {
namespace {

// ARGV: burst, refill, period, then of each step: what to do, tokens, store's and service's time.
// Answers with a line a step.
constexpr const char* kRun = R"lua(
local policy = {burst = tonumber(ARGV[1]), refill = tonumber(ARGV[2]), period = tonumber(ARGV[3])}
local bucket = {spent = 0, store = 0, service = 0}
local lines = {}
for i = 4, #ARGV, 4 do
  local tokens = tonumber(ARGV[i + 1])
  local now = {store = tonumber(ARGV[i + 2]), service = tonumber(ARGV[i + 3])}
  local brought_back = bucket_refill(bucket, policy, now)
  local holds = bucket_holds(bucket, policy, tokens)
  if ARGV[i] == 'take' and holds then bucket_spend(bucket, policy, tokens, now) end
  if ARGV[i] == 'give' then bucket_give_back(bucket, policy, tokens) end
  lines[#lines + 1] = string.format('%d %d %.0f %.0f %.0f %.0f %.0f %.0f', brought_back and 1 or 0,
      holds and 1 or 0, bucket.spent, bucket.store, bucket.service, bucket_remaining(bucket, policy),
      bucket_until_holds(bucket, policy, tokens, now), bucket_until_full(bucket, policy, now))
end
return table.concat(lines, '\n')
)lua";

class Sequence {
 public:
  explicit Sequence(unsigned seed) : random_(seed) {
    do {
      policy_ = {Size(), Random(5) == 0 ? 0 : Size(), Span(1'000 + Random(86'400'000 - 1'000))};
      if (Random(3) == 0) policy_.period = std::chrono::seconds(1 + Random(60));
    } while (!PolicyFaults(policy_).empty());
    arguments = {std::to_string(policy_.burst), std::to_string(policy_.refill),
                 std::to_string(policy_.period.count())};
    for (int step = 0; step < 40; ++step) Step();
  }

  std::vector<std::string> arguments;
  std::ostringstream expected;
  int refused = 0;
  int brought_back = 0;

 private:
  std::int64_t Random(std::int64_t below) {
    return std::uniform_int_distribution<std::int64_t>(0, below - 1)(random_);
  }
  // Any size, small ones as likely as large ones.
  std::int64_t Size() {
    const std::int64_t digits[] = {3, 10, 100, 1'000'000};
    return 1 + Random(digits[Random(4)]);
  }

  void Advance() {
    const Span filling =
        policy_.period * (1 + policy_.burst / std::max<std::int64_t>(1, policy_.refill));
    const Span by(Random(1 + filling.count() / (Random(2) == 0 ? 1 : policy_.burst)));
    now_ = now_ + by;
    if (Random(6) == 0) now_.store += Span(Random(2 * filling.count())) - filling;
    if (Random(6) == 0) now_.service += Span(Random(2 * filling.count())) - filling;
    if (Random(40) == 0) now_.service -= std::chrono::days(Random(1000));
    if (Random(40) == 0) now_.store += std::chrono::days(Random(1000));
  }

  void Step() {
    if (Random(3) > 0) Advance();
    const char* what = Random(4) == 0 ? "give" : "take";
    const std::int64_t tokens = 1 + Random(Random(2) == 0 ? policy_.burst : 1 + policy_.burst / 4);
    for (std::string each :
         {std::string(what), std::to_string(tokens), std::to_string(now_.store.count()),
          std::to_string(now_.service.count())}) {
      arguments.push_back(std::move(each));
    }
    const bool back = Refill(bucket_, policy_, now_);
    const bool holds = Holds(bucket_, policy_, tokens);
    if (*what == 't' && holds) Spend(bucket_, policy_, tokens, now_);
    if (*what == 'g') GiveBack(bucket_, policy_, tokens);
    brought_back += back;
    refused += !holds;
    expected << (expected.tellp() > 0 ? "\n" : "") << back << ' ' << holds << ' ' << bucket_.spent
             << ' ' << bucket_.mark.store.count() << ' ' << bucket_.mark.service.count() << ' '
             << Remaining(bucket_, policy_) << ' '
             << UntilHolds(bucket_, policy_, tokens, now_).count() << ' '
             << UntilFull(bucket_, policy_, now_).count();
  }

  std::mt19937_64 random_;
  TokenPolicy policy_;
  TokenBucket bucket_;
  TwoClocks now_{std::chrono::days(20'000), std::chrono::days(20'000)};
};

TEST(TokenBucketLua, CountsAsTheRuleDoes) {
  fakes::RedisServer server;
  const auto client = redis::Open(fakes::OptionsFor(server.address()));
  const redis::Script script("token_bucket.test", std::string(kTokenBucketLua) + kRun);
  int refused = 0;
  int brought_back = 0;
  for (unsigned seed = 0; seed < 2'000; ++seed) {
    const Sequence sequence(seed);
    const auto reply = fakes::Ask(*client, redis::Command(script, {}, sequence.arguments));
    ASSERT_TRUE(reply.ok()) << reply.status();
    ASSERT_EQ(reply->AsBytes().value(), sequence.expected.str()) << "seed " << seed;
    refused += sequence.refused;
    brought_back += sequence.brought_back;
  }
  EXPECT_GT(refused, 1'000) << "the sequences are not wild enough";
  EXPECT_GT(brought_back, 500);
}

TEST(TokenBucketLua, ReadsTheStoresTimeInMilliseconds) {
  fakes::RedisServer server;
  const auto client = redis::Open(fakes::OptionsFor(server.address()));
  const redis::Script script("clock.test", std::string(kTokenBucketLua) + R"lua(
    local now, time = clock_now(ARGV[1]), redis.call('TIME')
    return now.service == 1234 and now.store == math.floor((time[1] * 1000000 + time[2]) / 1000)
  )lua");
  const std::vector<std::string> arguments = {"1234"};
  const auto reply = fakes::Ask(*client, redis::Command(script, {}, arguments));
  ASSERT_TRUE(reply.ok()) << reply.status();
  EXPECT_EQ(reply->AsInteger().value(), 1);
}

}  // namespace
}  // namespace tokenforge::sessions
