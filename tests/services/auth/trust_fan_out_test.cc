#include "services/auth/trust_fan_out.h"

#include <gtest/gtest.h>

#include <vector>

namespace tokenforge::auth {
namespace {

using Admission = TrustFanOut::Admission;

// Counts what it is told; waiting has a limit only so that a broken fan-out fails the test.
class Counting final : public FeedStream {
 public:
  void OnNews() override { Count(news_); }
  void OnBeat() override { Count(beats_); }
  void OnDrain() override { Count(drains_); }

  bool AwaitNews(int times) { return Await(news_, times); }
  bool AwaitBeats(int times) { return Await(beats_, times); }
  int drains() {
    const sync::MutexLock lock(&mutex_);
    return drains_;
  }
  int news() {
    const sync::MutexLock lock(&mutex_);
    return news_;
  }

 private:
  void Count(int& what) {
    const sync::MutexLock lock(&mutex_);
    ++what;
    counted_.NotifyAll();
  }
  bool Await(const int& what, int times) {
    const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
    const sync::MutexLock lock(&mutex_);
    while (what < times) {
      if (!counted_.WaitUntil(&mutex_, until)) return false;
    }
    return true;
  }

  sync::Mutex mutex_;
  sync::CondVar counted_;
  int news_ = 0;
  int beats_ = 0;
  int drains_ = 0;
};

std::vector<std::shared_ptr<Counting>> Join(TrustFanOut& fan_out, int count) {
  std::vector<std::shared_ptr<Counting>> streams;
  for (int i = 0; i < count; ++i) {
    streams.push_back(std::make_shared<Counting>());
    EXPECT_EQ(fan_out.Add(streams.back()), Admission::kAdmitted);
  }
  return streams;
}

TEST(TrustFanOut, CarriesNewsToEveryStream) {
  TrustFanOut fan_out;
  const auto streams = Join(fan_out, 200);
  fan_out.Start();
  for (int round = 1; round <= 3; ++round) {
    fan_out.Wake();
    for (const auto& stream : streams) ASSERT_TRUE(stream->AwaitNews(round));
  }
}

TEST(TrustFanOut, CarriesManyNewsInFewRounds) {
  TrustFanOut fan_out({.round = std::chrono::hours(1)});
  const auto streams = Join(fan_out, 1);
  fan_out.Start();
  fan_out.Wake();
  ASSERT_TRUE(streams[0]->AwaitNews(1));
  for (int i = 0; i < 1000; ++i) fan_out.Wake();
  fan_out.Stop();
  EXPECT_EQ(streams[0]->news(), 1);
}

TEST(TrustFanOut, BeatsForEveryStreamAgainAndAgain) {
  TrustFanOut fan_out({.heartbeat = std::chrono::milliseconds(50)});
  const auto streams = Join(fan_out, 120);
  fan_out.Start();
  for (const auto& stream : streams) EXPECT_TRUE(stream->AwaitBeats(3));
}

TEST(TrustFanOut, TellsNothingToAStreamThatHasLeft) {
  TrustFanOut fan_out;
  const auto streams = Join(fan_out, 2);
  fan_out.Remove(streams[0].get());
  fan_out.Remove(streams[0].get());
  EXPECT_EQ(fan_out.streams(), 1U);
  EXPECT_EQ(streams[0].use_count(), 1);
  fan_out.Start();
  fan_out.Wake();
  ASSERT_TRUE(streams[1]->AwaitNews(1));
  fan_out.Stop();
  EXPECT_EQ(streams[0]->news(), 0);
}

TEST(TrustFanOut, AdmitsNoMoreThanItsBound) {
  TrustFanOut fan_out({.max_streams = 2});
  const auto streams = Join(fan_out, 2);
  EXPECT_EQ(fan_out.Add(std::make_shared<Counting>()), Admission::kFull);
  fan_out.Remove(streams[0].get());
  EXPECT_EQ(fan_out.Add(std::make_shared<Counting>()), Admission::kAdmitted);
}

TEST(TrustFanOut, DrainsEveryStreamOnceAndAdmitsNoOther) {
  TrustFanOut fan_out;
  const auto streams = Join(fan_out, 60);
  fan_out.Drain();
  fan_out.Drain();
  for (const auto& stream : streams) EXPECT_EQ(stream->drains(), 1);
  EXPECT_EQ(fan_out.Add(std::make_shared<Counting>()), Admission::kDraining);
}

}  // namespace
}  // namespace tokenforge::auth
