#include "lib/sync/watched.h"

#include <gtest/gtest.h>

#include <atomic>
#include <functional>
#include <memory>
#include <thread>

namespace tokenforge::sync {
namespace {

class Thing final : public Watched {};

class Counting final : public Watched::Watcher {
 public:
  void OnNews() override {
    ++news;
    if (on_news) on_news();
  }
  void OnDrain() override { ++drains; }
  std::function<void()> on_news;
  std::atomic<int> news = 0;
  std::atomic<int> drains = 0;
};

TEST(Watched, TellsEveryWatcherUntilItIsRemoved) {
  Thing thing;
  const auto stays = std::make_shared<Counting>();
  const auto goes = std::make_shared<Counting>();
  ASSERT_TRUE(thing.Add(stays));
  ASSERT_TRUE(thing.Add(goes));
  thing.Tell();
  thing.Remove(goes.get());
  thing.Remove(goes.get());  // nobody: no matter
  thing.Tell();
  EXPECT_EQ(stays->news, 2);
  EXPECT_EQ(goes->news, 1);
}

TEST(Watched, HoldsAWatcherUntilItIsRemoved) {
  Thing thing;
  auto watcher = std::make_shared<Counting>();
  const std::weak_ptr<Counting> alive = watcher;
  Counting* const key = watcher.get();
  ASSERT_TRUE(thing.Add(std::move(watcher)));
  EXPECT_FALSE(alive.expired());
  thing.Remove(key);
  EXPECT_TRUE(alive.expired());
}

TEST(Watched, WatcherMayComeAndGoWhileItIsTold) {
  Thing thing;
  const auto later = std::make_shared<Counting>();
  auto watcher = std::make_shared<Counting>();
  Counting* const key = watcher.get();
  key->on_news = [&] {
    EXPECT_TRUE(thing.Add(later));
    thing.Remove(key);
    EXPECT_EQ(key->news, 1) << "it lives on while it is called";
  };
  ASSERT_TRUE(thing.Add(std::move(watcher)));
  thing.Tell();
  EXPECT_EQ(later->news, 0);
  thing.Tell();
  EXPECT_EQ(later->news, 1);
}

TEST(Watched, DrainingTellsAllToFinishAndLetsNobodyIn) {
  Thing thing;
  const auto watcher = std::make_shared<Counting>();
  ASSERT_TRUE(thing.Add(watcher));
  thing.Drain();
  EXPECT_EQ(watcher->drains, 1);
  const auto late = std::make_shared<Counting>();
  EXPECT_FALSE(thing.Add(late));
  thing.Drain();
  EXPECT_EQ(watcher->drains, 2);
  EXPECT_EQ(late->drains, 0);
}

TEST(Watched, ManyComeAndGoWhileNewsFly) {
  Thing thing;
  const auto stays = std::make_shared<Counting>();
  ASSERT_TRUE(thing.Add(stays));
  std::thread teller([&] {
    for (int i = 0; i < 1000; ++i) thing.Tell();
  });
  for (int i = 0; i < 1000; ++i) {
    const auto watcher = std::make_shared<Counting>();
    ASSERT_TRUE(thing.Add(watcher));
    thing.Remove(watcher.get());
  }
  teller.join();
  EXPECT_EQ(stays->news, 1000);
}

}  // namespace
}  // namespace tokenforge::sync
