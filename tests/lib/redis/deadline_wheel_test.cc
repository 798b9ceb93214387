#include "lib/redis/deadline_wheel.h"

#include <gtest/gtest.h>

#include <memory>
#include <random>
#include <vector>

namespace tokenforge::redis {
namespace {

using std::chrono::milliseconds;

struct Item : DeadlineWheel::Entry {
  clock::SteadyTime deadline;
  bool expired = false;
};

clock::SteadyTime At(int64_t ms) { return clock::SteadyTime(milliseconds(ms)); }

TEST(DeadlineWheel, NothingExpiresEarlyNorMoreThanASlotLate) {
  std::minstd_rand random(7);
  DeadlineWheel wheel(At(1000));
  std::vector<std::unique_ptr<Item>> items;
  int64_t now = 1000;
  for (int step = 0; step < 5000; ++step) {
    auto item = std::make_unique<Item>();
    item->deadline = At(now - 5 + static_cast<int64_t>(random() % 3000));
    wheel.Add(item.get(), item->deadline);
    items.push_back(std::move(item));
    now += static_cast<int64_t>(step % 500 == 0 ? random() % 5000 : random() % 9);
    wheel.Advance(At(now), [&](DeadlineWheel::Entry* entry) {
      auto* const due = static_cast<Item*>(entry);
      EXPECT_LE(due->deadline, At(now));
      EXPECT_FALSE(due->expired);
      due->expired = true;
    });
    for (const auto& each : items) {
      if (!each->expired) {
        ASSERT_GT(each->deadline + DeadlineWheel::kSlot * 2, At(now));
      }
    }
    std::erase_if(items, [](const auto& each) { return each->expired; });
  }
}

TEST(DeadlineWheel, AnEntryThatDiesIsForgotten) {
  DeadlineWheel wheel(At(0));
  {
    Item gone;
    wheel.Add(&gone, At(10));
  }
  wheel.Advance(At(1000), [](DeadlineWheel::Entry*) { FAIL(); });
}

TEST(DeadlineWheel, ExpiringOneMayDestroyTheOthers) {
  DeadlineWheel wheel(At(0));
  auto first = std::make_unique<Item>();
  auto second = std::make_unique<Item>();
  wheel.Add(first.get(), At(10));
  wheel.Add(second.get(), At(10));
  int calls = 0;
  wheel.Advance(At(100), [&](DeadlineWheel::Entry*) {
    ++calls;
    first.reset();
    second.reset();
  });
  EXPECT_EQ(calls, 1);
}

}  // namespace
}  // namespace tokenforge::redis
