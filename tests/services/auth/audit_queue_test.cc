#include "services/auth/audit_queue.h"

#include <functional>
#include <future>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "lib/telemetry/metrics.h"
#include "services/auth/lock_watch.h"

namespace tokenforge::auth {
namespace {

namespace reasons = errors::reasons;
using Event = AuditQueue::Event;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A log that can be away; what it took, it keeps. Thread-safe.
class FakeLog {
 public:
  async::Task<absl::Status> Take(Event event) {
    const sync::MutexLock lock(&mutex_);
    ++asked_;
    changed_.NotifyAll();
    if (event.kind() == "bad.event") {
      co_return errors::InvalidFields({{"event.kind", "is bad"}});
    }
    if (away_) co_return errors::Make(reasons::DEPENDENCY_DOWN, "away");
    taken_.push_back(event.kind());
    co_return absl::OkStatus();
  }
  AuditQueue::Send send() {
    return [this](const Event& event) { return Take(event); };
  }
  void SetAway(bool away) {
    const sync::MutexLock lock(&mutex_);
    away_ = away;
  }
  void AwaitAsked(int times) {
    const sync::MutexLock lock(&mutex_);
    while (asked_ < times) changed_.Wait(&mutex_);
  }
  std::vector<std::string> AwaitTaken(std::size_t count) {
    const sync::MutexLock lock(&mutex_);
    while (taken_.size() < count) changed_.Wait(&mutex_);
    return taken_;
  }
  std::vector<std::string> taken() {
    const sync::MutexLock lock(&mutex_);
    return taken_;
  }

 private:
  sync::Mutex mutex_;
  sync::CondVar changed_;
  bool away_ ABSL_GUARDED_BY(mutex_) = false;
  int asked_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<std::string> taken_ ABSL_GUARDED_BY(mutex_);
};

Event Of(const std::string& kind) {
  Event event;
  event.set_kind(kind);
  return event;
}

int Dropped(const std::string& kind) {
  const std::string text = telemetry::ExposeText();
  const std::string line = "tokenforge_audit_events_dropped_total{kind=\"" + kind + "\"} ";
  const std::size_t at = text.find(line);
  return at == std::string::npos ? 0 : std::stoi(text.substr(at + line.size()));
}

constexpr AuditQueue::Options kQuick{.first_wait = milliseconds(1),
                                     .longest_wait = milliseconds(4)};

TEST(AuditQueue, SendsEveryEventInTheBackground) {
  FakeLog log;
  AuditQueue queue(log.send(), kQuick);
  for (int i = 0; i < 100; ++i) queue.Record(Of("key.rotated"));
  EXPECT_EQ(log.AwaitTaken(100).size(), 100u);
}

TEST(AuditQueue, SendsUntilTheLogIsBack) {
  FakeLog log;
  log.SetAway(true);
  AuditQueue queue(log.send(), kQuick);
  queue.Record(Of("key.rotated"));
  queue.Record(Of("key.revoked"));
  log.AwaitAsked(10);
  EXPECT_TRUE(log.taken().empty());
  log.SetAway(false);
  // What is sent again goes side by side: in any order.
  EXPECT_THAT(log.AwaitTaken(2), ::testing::UnorderedElementsAre("key.rotated", "key.revoked"));
}

TEST(AuditQueue, DropsAndCountsWhatTheLogRefusesForGoodAndGoesOn) {
  const int before = Dropped("bad.event");
  FakeLog log;
  AuditQueue queue(log.send(), kQuick);
  queue.Record(Of("bad.event"));
  queue.Record(Of("key.revoked"));
  EXPECT_EQ(log.AwaitTaken(1), std::vector<std::string>{"key.revoked"});
  queue.Stop(seconds(10));
  EXPECT_EQ(Dropped("bad.event"), before + 1);
}

TEST(AuditQueue, SendsWhatWaitsBeforeItStops) {
  FakeLog log;
  AuditQueue queue(log.send(), kQuick);
  for (int i = 0; i < 1000; ++i) queue.Record(Of("key.rotated"));
  queue.Stop(seconds(60));
  EXPECT_EQ(log.taken().size(), 1000u);
}

TEST(AuditQueue, DropsAndCountsWhatComesAfterItStoppedAndWhatItCouldNotSend) {
  const int before = Dropped("late.event");
  FakeLog log;
  log.SetAway(true);
  AuditQueue queue(log.send(), kQuick);
  queue.Record(Of("late.event"));
  log.AwaitAsked(1);
  queue.Stop(milliseconds(0));
  queue.Record(Of("late.event"));
  queue.Stop(milliseconds(0));
  EXPECT_EQ(Dropped("late.event"), before + 2);
}

TEST(AuditQueue, IsBoundedAndNeverBlocks) {
  const int before = Dropped("many.events");
  FakeLog log;
  log.SetAway(true);
  AuditQueue queue(
      log.send(),
      {.most = 10, .first_wait = std::chrono::hours(1), .longest_wait = std::chrono::hours(1)});
  queue.Record(Of("many.events"));
  log.AwaitAsked(1);  // and now it waits, with that one put back or about to be
  for (int i = 0; i < 50; ++i) queue.Record(Of("many.events"));
  EXPECT_GE(Dropped("many.events"), before + 40);
  queue.Stop(milliseconds(0));
  EXPECT_EQ(Dropped("many.events"), before + 51);
}

TEST(LockWatch, TellsOfEachLockOnce) {
  LockWatch locks;
  const clock::SteadyTime now{seconds(1000)};
  EXPECT_TRUE(locks.IsNew("ann", now, seconds(60)));
  EXPECT_FALSE(locks.IsNew("ann", now, seconds(60)));
  EXPECT_FALSE(locks.IsNew("ann", now + seconds(59), seconds(1)));
  EXPECT_TRUE(locks.IsNew("bob", now + seconds(59), seconds(1)));
  EXPECT_TRUE(locks.IsNew("ann", now + seconds(60), seconds(120)));  // the next one
  EXPECT_FALSE(locks.IsNew("ann", now + seconds(100), seconds(80)));
}

TEST(LockWatch, ForgetsRatherThanGrow) {
  LockWatch locks;
  const clock::SteadyTime now{seconds(1000)};
  for (std::size_t i = 0; i < 3 * LockWatch::kMost; ++i) {
    EXPECT_TRUE(locks.IsNew(std::to_string(i), now, seconds(60)));
  }
  EXPECT_FALSE(locks.IsNew(std::to_string(3 * LockWatch::kMost - 1), now, seconds(60)));
}

}  // namespace
}  // namespace tokenforge::auth
