// What a watcher of revocations hears, and where it goes on.
#include "services/sessions/revocation_feed.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <future>

#include "lib/errors/errors.h"
#include "services/sessions/revocation_poller.h"
#include "services/sessions/session_store_memory.h"
#include "tests/fakes/fake_clock.h"

namespace tokenforge::sessions {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;

constexpr size_t kAll = 1'000'000;

Revocation SessionRevocation(const std::string& id, Time end) {
  return {Revocation::Kind::kSession, id, Time(), end};
}

class RevocationFeedTest : public ::testing::Test {
 protected:
  RevocationFeedTest() { feed_.SetComplete(); }
  void Apply(std::vector<Revocation> revocations) { feed_.Apply(revocations, now_); }
  Revocation One(const std::string& id) const { return SessionRevocation(id, now_ + minutes(1)); }

  RevocationFeed feed_;
  Time now_{seconds(1'800'000'000)};
};

TEST_F(RevocationFeedTest, BeginsWithASnapshotAndGoesOnWithWhatIsNew) {
  Apply({One("a"), One("b")});
  const auto all = feed_.Since("", kAll);
  EXPECT_TRUE(all->snapshot);
  EXPECT_THAT(all->revocations, ElementsAre(One("a"), One("b")));
  EXPECT_THAT(feed_.Since(all->cursor, kAll)->revocations, IsEmpty());
  Apply({One("b"), One("c")});
  const auto next = feed_.Since(all->cursor, kAll);
  EXPECT_FALSE(next->snapshot);
  EXPECT_THAT(next->revocations, ElementsAre(One("c")));
}

TEST_F(RevocationFeedTest, GivesASnapshotForACursorThatIsNotItsOwn) {
  Apply({One("a")});
  RevocationFeed other;
  other.SetComplete();
  for (const std::string& cursor : {other.Since("", kAll)->cursor, std::string("x"),
                                    std::string("0.1"), std::string(1000, '9')}) {
    const auto news = feed_.Since(cursor, kAll);
    EXPECT_TRUE(news->snapshot) << cursor;
    EXPECT_THAT(news->revocations, SizeIs(1));
  }
}

TEST_F(RevocationFeedTest, HandsOutLongNewsInPartsThatMakeTheWhole) {
  std::vector<Revocation> many;
  for (int i = 0; i < 25; ++i) many.push_back(One("id " + std::to_string(i)));
  Apply(many);
  std::vector<Revocation> heard;
  std::string cursor;
  for (bool more = true; more;) {
    const auto news = feed_.Since(cursor, 10);
    EXPECT_EQ(news->snapshot, cursor.empty());
    heard.insert(heard.end(), news->revocations.begin(), news->revocations.end());
    cursor = news->cursor;
    more = news->more;
  }
  EXPECT_EQ(heard, many);
}

TEST_F(RevocationFeedTest, TellsAgainWhatReachesFurther) {
  Apply({One("a"), One("b")});
  const std::string cursor = feed_.Since("", kAll)->cursor;
  const Revocation longer = SessionRevocation("a", now_ + minutes(2));
  Apply({longer});
  EXPECT_THAT(feed_.Since(cursor, kAll)->revocations, ElementsAre(longer));
  EXPECT_EQ(feed_.live(), 2U);
  Apply({SessionRevocation("a", now_ + seconds(1))});  // shorter: nothing new
  EXPECT_THAT(feed_.Since(cursor, kAll)->revocations, ElementsAre(longer));
}

TEST_F(RevocationFeedTest, ForgetsWhatNoLongerMatters) {
  Apply({One("a"), SessionRevocation("b", now_ + seconds(1)), SessionRevocation("past", now_)});
  EXPECT_EQ(feed_.live(), 2U);
  now_ += seconds(1);
  Apply({});
  EXPECT_EQ(feed_.live(), 1U);
  now_ += minutes(1);
  Apply({});
  EXPECT_EQ(feed_.live(), 0U);
}

TEST(RevocationFeedUnread, TellsNothingBeforeItKnowsTheWhole) {
  RevocationFeed feed;
  EXPECT_FALSE(feed.Since("", kAll).has_value());
  feed.SetComplete();
  EXPECT_TRUE(feed.Since("", kAll).has_value());
}

class CountingWatcher final : public RevocationFeed::Watcher {
 public:
  void OnNews() override { ++news; }
  void OnDrain() override {}
  std::atomic<int> news = 0;
};

TEST_F(RevocationFeedTest, WatchersHearOfNewsOnly) {
  const auto watcher = std::make_shared<CountingWatcher>();
  ASSERT_TRUE(feed_.Add(watcher));
  Apply({One("a")});
  Apply({One("a")});
  EXPECT_EQ(watcher->news, 1);
  feed_.Pulse();
  EXPECT_EQ(watcher->news, 2);
  feed_.Remove(watcher.get());
  Apply({One("b")});
  EXPECT_EQ(watcher->news, 2);
}

// Lets a test wait for the poller.
class PollerTest : public ::testing::Test {
 protected:
  PollerTest()
      : poller_(&store_, &feed_, &clock_,
                {.interval = Span(1), .timeout = seconds(5), .pulse = Span(1)},
                [this](const absl::Status& outcome) {
                  const sync::MutexLock lock(&mutex_);
                  outcomes_.push_back(outcome.ok());
                  const auto news = feed_.Since("", kAll);
                  pulses_.push_back(news ? news->pulse : 0);
                  changed_.NotifyAll();
                }) {}

  Time Now() const { return std::chrono::floor<std::chrono::milliseconds>(clock_.Now()); }
  void Revoke(const std::string& jti) {
    const Revocation one{Revocation::Kind::kToken, jti, Time(), Now() + minutes(1)};
    async::Spawn(store_.Revoke({}, one, {Now(), {}}),
                 [](std::exception_ptr, const absl::Status& s) { EXPECT_TRUE(s.ok()); });
  }
  void AwaitOutcomes(size_t count) {
    const sync::MutexLock lock(&mutex_);
    while (outcomes_.size() < count) changed_.Wait(&mutex_);
  }
  // A pulse says that everything until now has been read.
  void AwaitPulse() {
    const auto seen = [this] {
      const auto news = feed_.Since("", kAll);
      return news ? news->pulse : 0;
    };
    // The read that makes the next pulse may have begun before: wait for two.
    for (const uint64_t first = seen(); seen() < first + 2;) std::this_thread::yield();
  }

  fakes::FakeClock clock_;
  SessionStoreMemory store_{Policy()};
  RevocationFeed feed_;
  sync::Mutex mutex_;
  sync::CondVar changed_;
  std::vector<bool> outcomes_;
  std::vector<uint64_t> pulses_;  // at each outcome, before what it leads to
  RevocationPoller poller_;
};

TEST_F(PollerTest, BringsWhatOtherReplicasRevoked) {
  Revoke("before");
  poller_.Start();
  AwaitPulse();
  EXPECT_EQ(feed_.live(), 1U);
  Revoke("after");
  AwaitPulse();
  EXPECT_EQ(feed_.live(), 2U);
  poller_.Stop();
  EXPECT_THAT(outcomes_, ElementsAre(true));
}

TEST_F(PollerTest, FallsSilentWithoutTheStoreAndReadsAllOfItAfterwards) {
  poller_.Start();
  AwaitPulse();
  store_.FailWith(errors::reasons::DEPENDENCY_DOWN);
  AwaitOutcomes(2);
  store_.FailWith(std::nullopt);
  Revoke("meanwhile");
  AwaitOutcomes(3);
  AwaitPulse();
  EXPECT_EQ(feed_.live(), 1U);
  poller_.Stop();
  EXPECT_THAT(outcomes_, ElementsAre(true, false, true));
  EXPECT_EQ(pulses_[1], pulses_[2]) << "a sign of life without the store";
}

TEST_F(PollerTest, StopsWithoutHavingStarted) { poller_.Stop(); }

}  // namespace
}  // namespace tokenforge::sessions
