// StoreClock, against a real Redis.
#include "lib/redis/store_clock.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"
#include "tests/lib/redis/acl_users.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/connection_log.h"
#include "tests/lib/redis/redis_server.h"

namespace tokenforge::redis {
namespace {

using std::chrono::hours;
using std::chrono::seconds;

// Of a machine whose clock is right when it is made, and may be stepped.
class SteppedClock final : public clock::Clock {
 public:
  clock::WallTime Now() const override { return machine_.Now() + step_.load(); }
  clock::SteadyTime SteadyNow() const override { return machine_.SteadyNow(); }
  void Step(seconds by) { step_ = by; }

 private:
  const clock::SystemClock machine_;
  std::atomic<seconds> step_{seconds(0)};
};

bool Near(clock::WallTime a, clock::WallTime b) {
  return a - b < std::chrono::minutes(1) && b - a < std::chrono::minutes(1);
}

class StoreClockTest : public ::testing::TestWithParam<const char*> {
 protected:
  std::unique_ptr<Client> Connected() {
    return Open(fakes::As(GetParam(), fakes::OptionsFor(server_.address())));
  }
  fakes::RedisServer server_{fakes::AclUsers()};
  SteppedClock machine_;
  const clock::SystemClock truth_;
};

TEST_P(StoreClockTest, IsToldBeforeStartReturnsAndKeepsListening) {
  const auto client = Connected();
  machine_.Step(hours(1));
  clock::AgreedClock agreed(&machine_);
  StoreClock store(*client, agreed,
                   {.interval = std::chrono::milliseconds(5), .timeout = seconds(30)});
  store.Start();
  EXPECT_TRUE(Near(agreed.Now(), truth_.Now())) << "started under a wrong clock";
  machine_.Step(-hours(1));
  EXPECT_TRUE(Near(agreed.Now(), truth_.Now())) << "stepped";
  store.Stop();
}

INSTANTIATE_TEST_SUITE_P(Users, StoreClockTest, ::testing::Values("sessions", "keys"));

TEST(StoreClock, WithoutAnAnswerNothingIsTold) {
  fakes::RedisServer server{fakes::AclUsers()};
  const auto client = Open(fakes::As("replica", fakes::OptionsFor(server.address())));
  SteppedClock machine;
  clock::AgreedClock agreed(&machine);
  machine.Step(hours(1));
  StoreClock store(*client, agreed, {.timeout = seconds(30)});
  store.Start();
  EXPECT_TRUE(Near(agreed.Now(), machine.Now())) << "a user that may not ask was told";
}

}  // namespace
}  // namespace tokenforge::redis
