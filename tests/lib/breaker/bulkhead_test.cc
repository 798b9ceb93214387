#include "lib/breaker/bulkhead.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <optional>
#include <thread>
#include <vector>

#include "lib/errors/errors.h"

namespace tokenforge::breaker {
namespace {

namespace reasons = errors::reasons;

TEST(Bulkhead, RefusesWhatHasNoPlace) {
  Bulkhead logins("logins", 2);
  absl::StatusOr<Bulkhead::Place> first = logins.Enter();
  const absl::StatusOr<Bulkhead::Place> second = logins.Enter();
  ASSERT_TRUE(first.ok() && second.ok());
  const absl::Status refusal = logins.Enter().status();
  EXPECT_EQ(errors::ReasonOf(refusal), reasons::OVERLOADED);
  EXPECT_TRUE(errors::RetryAfterOf(refusal));
  first = absl::InternalError("its call is over");
  EXPECT_TRUE(logins.Enter().ok());
}

TEST(Bulkhead, APlaceThatWasMovedIsGivenBackOnce) {
  Bulkhead logins("logins", 2);
  {
    std::optional<Bulkhead::Place> place = *logins.Enter();
    const Bulkhead::Place moved = *std::move(place);
    EXPECT_EQ(logins.taken(), 1);
  }
  EXPECT_EQ(logins.taken(), 0);
}

TEST(Bulkhead, ShowsHowManyAreUnderWay) {
  Bulkhead logins("shown", 2);
  const auto place = logins.Enter();
  EXPECT_THAT(telemetry::ExposeText(),
              ::testing::HasSubstr("tokenforge_bulkhead_taken{bulkhead=\"shown\"} 1"));
}

TEST(Bulkhead, NeverHoldsMoreThanItsPlaces) {
  Bulkhead logins("logins", 3);
  std::atomic<int> inside = 0;
  std::atomic<int> most = 0;
  std::vector<std::thread> threads;
  for (int t = 0; t < 8; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10'000; ++i) {
        const auto place = logins.Enter();
        if (!place.ok()) continue;
        const int now = ++inside;
        for (int seen = most; now > seen && !most.compare_exchange_weak(seen, now);) {
        }
        --inside;
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_LE(most, 3);
  EXPECT_EQ(logins.taken(), 0);
}

}  // namespace
}  // namespace tokenforge::breaker
