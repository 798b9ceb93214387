// The store of rate limits on Redis against the rules in memory, in lockstep on random steps with
// both clocks astray: the Lua script decides exactly as token_bucket and account_lock do.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>

#include "tests/contract/sessions/rate_limit_bodies.h"

namespace tokenforge::sessions {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

class LimitLockstep {
 public:
  explicit LimitLockstep(unsigned seed) : random_(seed) {}

  void Run(int steps) {
    for (int step = 0; step < steps && !::testing::Test::HasFailure(); ++step) {
      SCOPED_TRACE("step " + std::to_string(step));
      if (Random(3) == 0) Advance();
      Step();
    }
    EXPECT_GT(refused_, steps / 50) << "the steps are not wild enough";
    EXPECT_GT(allowed_, steps / 10);
  }

 private:
  using Settings = std::vector<std::string>;

  std::int64_t Random(std::int64_t below) {
    return std::uniform_int_distribution<std::int64_t>(0, below - 1)(random_);
  }

  // Each clock is off by up to a quarter of an hour: more, and Redis would forget keys (by its own
  // clock) that the rules remember.
  void Advance() {
    static constexpr Span kSteps[] = {Span(1),    seconds(1),  seconds(30), minutes(1),
                                      minutes(3), minutes(20), hours(2),    hours(25)};
    time_ += kSteps[Random(Random(10) == 0 ? 8 : 6)];
    if (Random(4) == 0) store_off_ = Span(Random(1'800'000) - 900'000);
    if (Random(4) == 0) service_off_ = Span(Random(1'800'000) - 900'000);
    model_.now = real_.now = {time_ + store_off_, time_ + service_off_};
  }

  std::vector<BucketShare> AnyShares() {
    std::vector<BucketShare> shares;
    const std::string subject(1, static_cast<char>('a' + Random(3)));
    if (Random(2) == 0) shares.push_back(TokensOf("login_account", subject, 1 + Random(3)));
    if (Random(3) == 0) shares.push_back(TokensOf("login_address", subject, 1 + Random(40)));
    if (Random(3) == 0) shares.push_back(TokensOf("second_factor", subject));
    if (Random(2) == 0) {
      shares.push_back(Failure(subject, {6, minutes(1), minutes(15), hours(24)}));
      shares.back().ends_streak = Random(8) == 0;
    }
    if (shares.empty()) shares.push_back(TokensOf("register_address", subject, 1 + Random(20)));
    return shares;
  }

  void Step() {
    const std::vector<BucketShare> shares = AnyShares();
    const bool gives = Random(5) == 0;
    const StepResult expected = gives ? model_.GiveBack(shares) : model_.Take(shares);
    const StepResult found = gives ? real_.GiveBack(shares) : real_.Take(shares);
    EXPECT_EQ(expected.allowed, found.allowed);
    EXPECT_EQ(expected.retry_after, found.retry_after);
    for (size_t i = 0; i < shares.size(); ++i) {
      EXPECT_EQ(expected.levels[i].limit, found.levels[i].limit) << shares[i].policy;
      EXPECT_EQ(expected.levels[i].remaining, found.levels[i].remaining) << shares[i].policy;
      EXPECT_EQ(expected.levels[i].reset, found.levels[i].reset) << shares[i].policy;
    }
    (expected.allowed ? allowed_ : refused_) += 1;
  }

  std::mt19937_64 random_;
  Bench model_{std::make_unique<MemoryLimits>()};
  Bench real_{std::make_unique<RedisLimits>(Settings{"--appendfsync", "no"})};
  Span time_ = kBeginning;
  Span store_off_{};
  Span service_off_{};
  int refused_ = 0;
  int allowed_ = 0;
};

TEST(RateLimitStoreModel, TheScriptDecidesAsTheRulesDo) { LimitLockstep(1).Run(20'000); }

TEST(RateLimitStoreModel, AndSoItDoesOnAnotherWay) { LimitLockstep(2).Run(20'000); }

}  // namespace
}  // namespace tokenforge::sessions
