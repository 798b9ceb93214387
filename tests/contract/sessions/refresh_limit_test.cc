// The limit of a session's refreshes, on every body of the store.
#include "services/sessions/refresh_limit.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <future>
#include <memory>
#include <string>

#include "lib/errors/errors.h"
#include "services/sessions/session_record.h"
#include "tests/contract/sessions/bodies_under_test.h"

namespace tokenforge::sessions {
namespace {

using fakes::Ask;
using fakes::Finish;
using redis::Command;
using std::chrono::days;
using std::chrono::hours;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::ElementsAre;

Policy Limited(TokenPolicy limit) {
  Policy policy;
  policy.refresh_limit = limit;
  return policy;
}
// Three, and nothing comes back while a test runs.
constexpr TokenPolicy kThree{3, 3, days(1)};

class RefreshLimitTest : public ::testing::Test {
 protected:
  virtual SessionStore& store() = 0;
  // The service's clock stands still unless a test moves it; the store's own goes on.
  Moment Now() const { return {NowOf(clock_), fakes::In(seconds(30)), anchored_}; }
  Session Start(uuid::Uuid user) {
    const Session session = NewSession(user, NowOf(clock_));
    EXPECT_TRUE(Finish(store().Add(session, Now())).ok());
    return session;
  }
  Rotation Rotate(const Presented& token) { return Finish(store().Rotate(token, Now())).value(); }
  Verdict Use(const Session& session, uint32_t generation) {
    return Rotate(TokenOf(session, generation)).verdict;
  }
  // Uses up the three.
  Session Drained(uuid::Uuid user) {
    const Session session = Start(user);
    for (uint32_t generation = 1; generation <= 3; ++generation) {
      EXPECT_EQ(Use(session, generation), Verdict::kRotated);
    }
    return session;
  }

  fakes::FakeClock clock_;
  Span anchored_{1'800'000'000'000};
  const uuid::Uuid user_ = uuid::Uuid::Random();
};

template <class Body>
class RefreshLimitContract : public RefreshLimitTest {
 protected:
  SessionStore& store() override { return body_->store(); }
  void Use(TokenPolicy limit) { body_ = std::make_unique<Body>(Limited(limit)); }
  using RefreshLimitTest::Use;

  std::unique_ptr<Body> body_ = std::make_unique<Body>(Limited(kThree));
};
TYPED_TEST_SUITE(RefreshLimitContract, Bodies);

TYPED_TEST(RefreshLimitContract, AllowsTheBurstThenRefusesAndBurnsNothing) {
  const Session session = this->Drained(this->user_);
  const std::vector<Session> before = *Finish(this->store().List(this->user_, this->Now()));
  for (int i = 0; i < 5; ++i) {
    const Rotation refused = this->Rotate(TokenOf(session, 4));
    EXPECT_EQ(refused.verdict, Verdict::kLimited);
    EXPECT_EQ(refused.attempts, (Attempts{0, hours(8), days(1)}));
    EXPECT_EQ(refused.session, Session());
  }
  EXPECT_EQ(*Finish(this->store().List(this->user_, this->Now())), before);
}

TYPED_TEST(RefreshLimitContract, ARepeatAndASupersededTokenCostToo) {
  const Session session = this->Start(this->user_);
  EXPECT_EQ(this->Use(session, 1), Verdict::kRotated);
  EXPECT_EQ(this->Use(session, 1), Verdict::kRepeated);
  EXPECT_EQ(this->Use(session, 1), Verdict::kRepeated);
  EXPECT_EQ(this->Use(session, 1), Verdict::kLimited);
  const Session other = this->Start(this->user_);
  EXPECT_EQ(this->Use(other, 1), Verdict::kRotated);
  EXPECT_EQ(this->Use(other, 2), Verdict::kRotated);
  EXPECT_EQ(this->Use(other, 1), Verdict::kSuperseded);
  EXPECT_EQ(this->Use(other, 1), Verdict::kLimited);
}

TYPED_TEST(RefreshLimitContract, AnEmptyBucketNeverHidesATheft) {
  const Session session = this->Drained(this->user_);
  EXPECT_EQ(this->Use(session, 4), Verdict::kLimited);
  this->clock_.Advance(seconds(30));
  EXPECT_EQ(this->Use(session, 3), Verdict::kReused);
  EXPECT_EQ(this->Use(session, 4), Verdict::kEnded);
}

TYPED_TEST(RefreshLimitContract, ASessionsBucketIsItsOwn) {
  this->Drained(this->user_);
  const Session other = this->Start(this->user_);
  EXPECT_EQ(this->Use(other, 1), Verdict::kRotated);
}

TYPED_TEST(RefreshLimitContract, AnotherClientTakesNothing) {
  const Session session = this->Start(this->user_);
  Presented foreign = TokenOf(session, 1);
  foreign.client = "spiffe://example.test/other";
  for (int i = 0; i < 10; ++i) EXPECT_EQ(this->Rotate(foreign).verdict, Verdict::kOtherClient);
  for (uint32_t generation = 1; generation <= 3; ++generation) {
    EXPECT_EQ(this->Use(session, generation), Verdict::kRotated);
  }
}

TYPED_TEST(RefreshLimitContract, NothingComesBackForASteppedClock) {
  const Session session = this->Drained(this->user_);
  this->anchored_ += days(300);  // the service's own, stepped: the store's does not vouch for it
  EXPECT_EQ(this->Use(session, 4), Verdict::kLimited);
  this->anchored_ -= days(600);
  EXPECT_EQ(this->Use(session, 4), Verdict::kLimited);
}

TYPED_TEST(RefreshLimitContract, NothingComesBackForAClockThatStands) {
  this->Use(TokenPolicy{3, 1'000'000, seconds(1)});
  const Session session = this->Drained(this->user_);
  const auto until = fakes::In(milliseconds(5));  // by the store's clock, all of it and more
  do {
    ASSERT_EQ(this->Use(session, 4), Verdict::kLimited);
  } while (std::chrono::steady_clock::now() < until);
}

TYPED_TEST(RefreshLimitContract, AttemptsComeBackWithTime) {
  this->Use(TokenPolicy{3, 100, seconds(1)});
  const Session session = this->Drained(this->user_);
  int refused = 0;
  Verdict verdict;
  while ((verdict = this->Use(session, 4)) == Verdict::kLimited) {
    ++refused;
    this->anchored_ += milliseconds(1);
    ASSERT_LT(refused, 1'000'000);
  }
  EXPECT_EQ(verdict, Verdict::kRotated);
  EXPECT_GE(refused, 9) << "an attempt takes ten milliseconds by both clocks";
}

class RedisRefreshLimitTest : public RefreshLimitTest {
 protected:
  SessionStore& store() override { return body_.store(); }
  std::string Key() const {
    const int bucket = user_.bytes().back() % SessionStoreRedis::kBuckets;
    return "tf:{b" + std::to_string(bucket) + "}:u:" + std::string(AsBytes(user_));
  }
  RedisBody body_{Limited(kThree)};
  SessionStoreRedis unlimited_{&body_.client(), Policy()};
};

TEST_F(RedisRefreshLimitTest, ReplicasWithAndWithoutALimitReadEachOthersRecords) {
  const Session session = Start(user_);
  EXPECT_EQ(Use(session, 1), Verdict::kRotated);
  EXPECT_EQ(Finish(unlimited_.Rotate(TokenOf(session, 2), Now()))->verdict, Verdict::kRotated);
  EXPECT_EQ(Use(session, 3), Verdict::kRotated);
  EXPECT_EQ(Finish(unlimited_.List(user_, Now()))->front().lineage.generation, 4U);
}

// What a later version may add to a record, as this one must bear it while both are running.
TEST_F(RedisRefreshLimitTest, AFieldOfALaterVersionIsPassedOver) {
  const Session session = Start(user_);
  std::string record = EncodeRecord(session) + std::string("\x07\x03new", 5);
  record[17] = static_cast<char>(record[17] + 5);  // the size of the rest
  const std::string value = std::string(1, kRecordsVersion) + record;
  ASSERT_TRUE(Ask(body_.client(), Command({"SET", Key(), value})).ok());
  EXPECT_THAT(*Finish(store().List(user_, Now())), ElementsAre(session));
  EXPECT_EQ(Use(session, 1), Verdict::kRotated);
  EXPECT_EQ(Use(session, 1), Verdict::kRepeated);
  EXPECT_EQ(Use(session, 2), Verdict::kRotated);
  EXPECT_EQ(Use(session, 3), Verdict::kLimited);
}

TEST_F(RedisRefreshLimitTest, ADamagedFieldIsAFaultAndNoVerdict) {
  const Session session = Start(user_);
  std::string record = EncodeRecord(session) + std::string("\x01\x12half", 6);
  record[17] = static_cast<char>(record[17] + 6);
  const std::string value = std::string(1, kRecordsVersion) + record;
  ASSERT_TRUE(Ask(body_.client(), Command({"SET", Key(), value})).ok());
  EXPECT_EQ(errors::ReasonOf(Finish(store().Rotate(TokenOf(session, 1), Now())).status()),
            errors::reasons::INTERNAL_FAULT);
  EXPECT_EQ(errors::ReasonOf(Finish(store().List(user_, Now())).status()),
            errors::reasons::INTERNAL_FAULT);
}

TEST_F(RedisRefreshLimitTest, SixtyFourAtOnceGetNoMoreThanTheBurst) {
  const Session session = Start(user_);
  std::array<std::atomic<int>, 8> verdicts = {};
  std::promise<void> all;
  std::atomic<int> left = 64;
  const Presented token = TokenOf(session, 1);
  for (int i = 0; i < 64; ++i) {
    async::Spawn(store().Rotate(token, Now()),
                 [&](std::exception_ptr, absl::StatusOr<Rotation> rotation) {
                   ++verdicts[static_cast<size_t>(rotation.value().verdict)];
                   if (--left == 0) all.set_value();
                 });
  }
  all.get_future().wait();
  EXPECT_EQ(verdicts[static_cast<size_t>(Verdict::kRotated)], 1);
  EXPECT_EQ(verdicts[static_cast<size_t>(Verdict::kRepeated)], 2);
  EXPECT_EQ(verdicts[static_cast<size_t>(Verdict::kLimited)], 61);
}

}  // namespace
}  // namespace tokenforge::sessions
