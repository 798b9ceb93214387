// What only the store of rate limits on Redis can get wrong: keys, lives, what lies in it, and a
// server that is away, hung or full.
#include "services/sessions/rate_limit_store_redis.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <set>

#include "lib/errors/errors.h"
#include "tests/contract/sessions/rate_limit_bodies.h"

namespace tokenforge::sessions {
namespace {

using errors::ReasonOf;
using errors::reasons::DEPENDENCY_DOWN;
using errors::reasons::INTERNAL_FAULT;
using fakes::Ask;
using redis::Command;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Not;
using ::testing::SizeIs;

class RateLimitStoreRedisTest : public ::testing::Test {
 protected:
  redis::Client& client() { return body_->client(); }
  std::vector<std::string> Keys() {
    std::vector<std::string> keys;
    const redis::Reply reply = Ask(client(), Command({"KEYS", "*"})).value();
    const auto items = reply.AsArray().value();  // named: its views outlive the loop's head
    for (const redis::Reply& key : items) keys.emplace_back(*key.AsBytes());
    return keys;
  }
  std::int64_t Integer(Command command) {
    return Ask(client(), std::move(command)).value().AsInteger().value();
  }
  Span LifeOfTheOnlyKey() {
    const std::vector<std::string> keys = Keys();
    EXPECT_THAT(keys, SizeIs(1));
    return keys.empty() ? Span() : Span(Integer(Command({"PTTL", keys.front()})));
  }
  absl::Status TakeWithin(milliseconds limit) {
    const StepMoment moment{bench_.now.service, fakes::In(limit)};
    return fakes::Finish(body_->store().Take("p", {share_}, moment)).status();
  }

  RedisLimits* body_ = new RedisLimits;  // the bench's
  Bench bench_{std::unique_ptr<LimitBody>(body_)};
  const BucketShare share_ = TokensOf("login_account", "a@example.test 192.0.2.1");
};

TEST_F(RateLimitStoreRedisTest, LivesByTheClockOfTheTest) {
  bench_.Take({share_});
  const redis::Reply time = Ask(client(), Command({"TIME"})).value();
  const auto parts = time.AsArrayOf(2).value();
  EXPECT_EQ(parts[0].AsBytes().value(), std::to_string(kBeginning.count() / 1000));
}

TEST_F(RateLimitStoreRedisTest, AKeyLivesUntilItsBucketIsFullAndAnHourLonger) {
  bench_.Take({share_});
  EXPECT_EQ(LifeOfTheOnlyKey(), minutes(3) + kClockStepTolerance);
  bench_.Take({share_});
  EXPECT_EQ(LifeOfTheOnlyKey(), minutes(6) + kClockStepTolerance);
  bench_.GiveBack({share_});
  EXPECT_EQ(LifeOfTheOnlyKey(), minutes(3) + kClockStepTolerance);
  bench_.GiveBack({share_});
  EXPECT_THAT(Keys(), IsEmpty()) << "full again";
  bench_.Take({TokensOf("second_factor", "challenge")});
  EXPECT_EQ(LifeOfTheOnlyKey(), minutes(5) + kClockStepTolerance);
  bench_.GiveBack({TokensOf("second_factor", "challenge")});
  bench_.Take({Failure("a@example.test")});
  EXPECT_EQ(LifeOfTheOnlyKey(), hours(24) + kClockStepTolerance);
  bench_.GiveBack({Failure("a@example.test")});
  EXPECT_THAT(Keys(), IsEmpty());
}

TEST_F(RateLimitStoreRedisTest, WhatIsOverIsGone) {
  for (int i = 0; i < 100; ++i) {
    const std::string subject = std::to_string(i);
    bench_.Take({TokensOf("reset_account", subject), Failure(subject)}, subject);
  }
  EXPECT_EQ(Integer(Command({"DBSIZE"})), 200);
  bench_.Advance(hours(25) + milliseconds(1));
  bench_.body().SetStoreClock(bench_.now.store);
  // Whatever is asked for and over goes at once; Redis comes upon the rest by itself.
  EXPECT_TRUE(Ask(client(), Command({"RANDOMKEY"})).value().IsNil());
  EXPECT_EQ(Integer(Command({"DBSIZE"})), 0);
}

TEST_F(RateLimitStoreRedisTest, ARefusalWritesNothing) {
  bench_.TakeAll(share_);
  const Span life = LifeOfTheOnlyKey();
  bench_.Advance(minutes(1));
  EXPECT_FALSE(bench_.Take({share_, TokensOf("login_address", "192.0.2.1")}).allowed);
  EXPECT_EQ(LifeOfTheOnlyKey(), life - minutes(1));
}

TEST_F(RateLimitStoreRedisTest, APartitionSharesATagWithTheSessions) {
  std::set<std::string> tags;
  for (int i = 0; i < 500; ++i) {
    const std::string partition = "partition " + std::to_string(i);
    bench_.Take({TokensOf("login_account", "x"), TokensOf("login_address", "y"), Failure("z")},
                partition);
    std::set<std::string> own;
    for (const std::string& key : Keys()) {
      EXPECT_THAT(key.substr(0, key.find('}') + 4), MatchesRegex(R"(tf:\{b[0-9]+\}:l:)"));
      own.insert(key.substr(0, key.find('}') + 1));
    }
    EXPECT_THAT(own, SizeIs(1)) << partition;
    tags.merge(own);
    ASSERT_TRUE(Ask(client(), Command({"FLUSHALL"})).ok());
  }
  EXPECT_THAT(tags, SizeIs(64)) << "and partitions spread over all of them";
}

TEST_F(RateLimitStoreRedisTest, NoSubjectLiesInItsFiles) {
  bench_.Take({TokensOf("login_account", "somebody@example.test 192.0.2.77"),
               TokensOf("login_address", "192.0.2.77")},
              "192.0.2.77");
  bench_.Take({Failure("somebody@example.test")}, "somebody@example.test");
  body_->server().Terminate();
  std::string everything;
  for (const auto& entry :
       std::filesystem::recursive_directory_iterator(body_->server().folder())) {
    if (!entry.is_regular_file()) continue;
    std::ifstream file(entry.path(), std::ios::binary);
    everything.append(std::istreambuf_iterator<char>(file), {});
  }
  EXPECT_THAT(everything, HasSubstr("}:l:")) << "these are the right files";
  EXPECT_THAT(everything, Not(HasSubstr("somebody")));
  EXPECT_THAT(everything, Not(HasSubstr("192.0.2.77")));
}

TEST_F(RateLimitStoreRedisTest, ADamagedBucketLetsNobodyThrough) {
  bench_.Take({share_});
  const std::string key = Keys().front();
  const std::string ancient = std::string("\2", 1) + std::string(19, '\0');
  for (const std::string& value : {std::string("x"), ancient, std::string(21, '\1')}) {
    ASSERT_TRUE(Ask(client(), Command({"SET", key, value, "PX", "60000"})).ok());
    EXPECT_EQ(ReasonOf(TakeWithin(seconds(30))), INTERNAL_FAULT);
  }
}

TEST_F(RateLimitStoreRedisTest, SurvivesAServerThatForgotItsScripts) {
  bench_.Take({share_});
  ASSERT_TRUE(Ask(client(), Command({"SCRIPT", "FLUSH"})).ok());
  EXPECT_EQ(bench_.Take({share_}).levels[0].remaining, 3);
}

TEST_F(RateLimitStoreRedisTest, AServerThatIsAwayLetsNobodyThrough) {
  bench_.Take({share_});
  body_->server().Kill();
  const absl::Status status = TakeWithin(seconds(30));
  EXPECT_EQ(ReasonOf(status), DEPENDENCY_DOWN);
  EXPECT_TRUE(errors::RetryAfterOf(status).has_value());
}

TEST_F(RateLimitStoreRedisTest, AHungServerLetsNobodyThroughAndNobodyHang) {
  bench_.Take({share_});
  body_->server().Pause();
  EXPECT_EQ(ReasonOf(TakeWithin(milliseconds(300))), DEPENDENCY_DOWN);
  body_->server().Resume();
  body_->AwaitConnected();
  // What had been sent to it may have run: a token is lost at most, and none gained.
  const auto after = fakes::Finish(body_->store().Take("p", {share_}, bench_.Now()));
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_LE(after->levels[0].remaining, 3);
}

TEST_F(RateLimitStoreRedisTest, AFullServerLetsNobodyThrough) {
  bench_.Take({share_});
  ASSERT_TRUE(Ask(client(), Command({"CONFIG", "SET", "maxmemory", "1"})).ok());
  const absl::Status status = TakeWithin(seconds(30));
  EXPECT_EQ(ReasonOf(status), DEPENDENCY_DOWN);
  EXPECT_TRUE(errors::RetryAfterOf(status).has_value());
  ASSERT_TRUE(Ask(client(), Command({"CONFIG", "SET", "maxmemory", "0"})).ok());
  EXPECT_EQ(bench_.Take({share_}).levels[0].remaining, 3) << "and takes nothing";
}

}  // namespace
}  // namespace tokenforge::sessions
