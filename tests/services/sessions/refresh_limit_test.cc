// The limit of a session's refreshes: the rule, and what a caller is told and an operator sees.
#include "services/sessions/refresh_limit.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/errors/limit.h"
#include "lib/telemetry/metrics.h"
#include "services/sessions/session_store_memory.h"
#include "services/sessions/sessions.h"
#include "tests/fakes/fake_clock.h"
#include "tests/lib/redis/ask.h"

namespace tokenforge::sessions {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
namespace reasons = errors::reasons;

class DecideWithinLimitTest : public ::testing::Test {
 protected:
  Verdict Use(uint32_t generation) {
    return DecideWithinLimit(lineage_, bucket_, generation, now_, {at_, at_}, policy_, &refused_);
  }
  void Pass(Span span) {
    now_ += span;
    at_ += span;
  }

  Policy policy_ = [] {
    Policy policy;
    policy.refresh_limit = TokenPolicy{2, 60, minutes(1)};
    return policy;
  }();
  Time now_{seconds(1'800'000'000)};
  Span at_{seconds(1'800'000'000)};
  Lineage lineage_{now_, 1, {}};
  TokenBucket bucket_;
  Attempts refused_;
};

TEST_F(DecideWithinLimitTest, RefusesWithoutMovingOnAndSaysWhenToComeBack) {
  EXPECT_EQ(Use(1), Verdict::kRotated);
  EXPECT_EQ(Use(2), Verdict::kRotated);
  const Lineage before = lineage_;
  EXPECT_EQ(Use(3), Verdict::kLimited);
  EXPECT_EQ(lineage_, before);
  EXPECT_EQ(refused_, (Attempts{0, seconds(1), seconds(2)}));
  Pass(seconds(1) - Span(1));
  EXPECT_EQ(Use(3), Verdict::kLimited);
  EXPECT_EQ(refused_.retry_after, Span(1));
  Pass(Span(1));
  EXPECT_EQ(Use(3), Verdict::kRotated);
}

TEST_F(DecideWithinLimitTest, TheftAndTheEndTakeNothing) {
  EXPECT_EQ(Use(1), Verdict::kRotated);
  EXPECT_EQ(Use(2), Verdict::kRotated);
  const TokenBucket empty = bucket_;
  now_ += policy_.grace;  // by the clocks of the limit no time passes
  EXPECT_EQ(Use(2), Verdict::kReused);
  now_ += policy_.absolute_life;
  EXPECT_EQ(Use(3), Verdict::kEnded);
  EXPECT_EQ(bucket_, empty);
}

TEST_F(DecideWithinLimitTest, WithoutALimitThereIsNone) {
  policy_.refresh_limit.reset();
  for (uint32_t generation = 1; generation < 1000; ++generation) {
    ASSERT_EQ(Use(generation), Verdict::kRotated);
  }
  EXPECT_EQ(bucket_, TokenBucket());
}

class LimitedSessionsTest : public ::testing::Test {
 protected:
  absl::StatusOr<Granted> Refresh(const secret::Secret& token) {
    auto refresh = sessions_.Refresh(std::string(token.Expose()), "", {}, fakes::In(seconds(30)));
    return fakes::Finish(std::move(refresh)).granted;
  }
  static Policy Limited() {
    Policy policy;
    policy.refresh_limit = TokenPolicy{10, 30, minutes(1)};
    return policy;
  }
  static double Count(const std::string& series) {
    const std::string text = telemetry::ExposeText();
    const size_t at = text.find(series + " ");
    return at == std::string::npos ? 0 : std::stod(text.substr(at + series.size()));
  }

  fakes::FakeClock clock_;
  const RefreshTokens tokens_ = [] {
    std::vector<secret::Secret> keys;
    keys.emplace_back(std::string(32, 'k'));
    return RefreshTokens(std::move(keys));
  }();
  SessionStoreMemory store_{Limited(), &clock_};
  RevocationFeed feed_;
  Sessions sessions_{{&store_, &feed_, &tokens_, &clock_}, {Limited()}};
};

TEST_F(LimitedSessionsTest, AnswersRateLimitedWithEverythingAClientNeedsToComeBack) {
  Session wanted;
  wanted.user = uuid::Uuid::Random();
  absl::StatusOr<Granted> granted = fakes::Finish(sessions_.Start(wanted, fakes::In(seconds(30))));
  const double limited = Count("tokenforge_rate_limited_total{policy=\"refresh_session\"}");
  const double refreshes = Count("tokenforge_refreshes_total{result=\"rate_limited\"}");
  for (int i = 0; i < 10; ++i) granted = Refresh(granted.value().refresh_token);
  const absl::Status refused = Refresh(granted.value().refresh_token).status();
  EXPECT_EQ(errors::ReasonOf(refused), reasons::RATE_LIMITED);
  EXPECT_EQ(refused.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(errors::RetryAfterOf(refused), Span(seconds(2)));
  EXPECT_EQ(errors::LimitOf(refused), (errors::Limit{"refresh_session", 10, 0, seconds(20)}));
  EXPECT_EQ(Count("tokenforge_rate_limited_total{policy=\"refresh_session\"}"), limited + 1);
  EXPECT_EQ(Count("tokenforge_refreshes_total{result=\"rate_limited\"}"), refreshes + 1);
  clock_.Step(std::chrono::hours(1));  // somebody sets the machine's clock
  EXPECT_EQ(errors::ReasonOf(Refresh(granted->refresh_token).status()), reasons::RATE_LIMITED);
  clock_.Advance(seconds(2));
  EXPECT_TRUE(Refresh(granted->refresh_token).ok());
}

}  // namespace
}  // namespace tokenforge::sessions
