#include "services/keys/key_scheduler.h"

#include <gtest/gtest.h>

#include <future>

#include "lib/redis/subscription.h"
#include "services/keys/guard_report_store_memory.h"
#include "services/keys/key_store_memory.h"
#include "services/keys/key_store_redis.h"
#include "tests/fakes/fake_clock.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/redis_server.h"
#include "tests/services/keys/some_keys.h"
#include "tests/services/keys/some_replica.h"

namespace tokenforge::keys {
namespace {

using std::chrono::hours;

class KeySchedulerTest : public ::testing::Test {
 protected:
  KeyEncryption keks_ = OneKek();
  fakes::FakeClock clock_;
  KeyStoreMemory store_;
  GuardReportStoreMemory reports_{clock_};
};

TEST_F(KeySchedulerTest, FollowsTheStoreByPollingAlone) {
  Replica replica(store_, reports_, keks_, clock_);
  ASSERT_TRUE(replica.cycle.Tick().ok());
  const KeySetRecord newer = TwoKeys(keks_, replica.version() + 1);
  std::promise<void> taken;
  replica.keeper.OnNewSet([&taken] { taken.set_value(); });
  KeyScheduler scheduler(replica.cycle, nullptr, Span(5));
  scheduler.Start();
  store_.Put(StoredValue{newer.version, Encode(newer, keks_).value()});
  taken.get_future().wait();
  scheduler.Stop();
  EXPECT_EQ(replica.active(), newer.keys[0].kid);
}

TEST_F(KeySchedulerTest, KeepsSparesMade) {
  Replica replica(store_, reports_, keks_, clock_);
  ASSERT_TRUE(replica.cycle.Tick().ok());
  KeyScheduler scheduler(replica.cycle, &replica.keeper.maker(), hours(1));
  scheduler.Start();
  scheduler.Stop();
  KeyMaker& maker = replica.keeper.maker();
  while (maker.Refill()) {
  }
  const std::string one = maker.Take()->kid;
  EXPECT_NE(maker.Take()->kid, one);
  EXPECT_TRUE(maker.Refill()) << "taken spares are missing";
}

// What another replica stores arrives through Redis' publish/subscribe: the poll is an hour away.
TEST(KeyNewsTest, ChangeElsewhereWakesTheScheduler) {
  const KeyEncryption keks = OneKek();
  const clock::SystemClock clock;
  fakes::RedisServer server;
  const auto client = redis::Open(fakes::OptionsFor(server.address()));
  KeyStoreRedis store(client.get());
  GuardReportStoreMemory reports(clock);
  Replica here(store, reports, keks, clock);
  Replica there(store, reports, keks, clock);
  ASSERT_TRUE(here.cycle.Tick().ok());
  ASSERT_TRUE(there.cycle.Tick().ok());
  std::promise<void> taken;
  here.keeper.OnNewSet([&taken] { taken.set_value(); });
  KeyScheduler scheduler(here.cycle, nullptr, hours(1));
  std::promise<void> subscribed;
  const auto news =
      redis::Subscribe(fakes::OptionsFor(server.address()), KeyStoreRedis::kNews,
                       {.on_subscribed = [&subscribed] { subscribed.set_value(); },
                        .on_message = [&scheduler](std::string_view) { scheduler.Wake(); }});
  subscribed.get_future().wait();
  scheduler.Start();
  ASSERT_TRUE(there.cycle.Rotate("test", true).ok());
  taken.get_future().wait();
  EXPECT_EQ(here.active(), there.active());
}

}  // namespace
}  // namespace tokenforge::keys
