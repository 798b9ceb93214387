#include "lib/workers/fair_queue.h"

#include <random>
#include <string>

#include "gtest/gtest.h"

namespace tokenforge::workers {
namespace {

using std::chrono::seconds;

const Deadline kNow(seconds(1'000'000));

Job JobOf(std::string group, Deadline deadline = Deadline::max()) {
  return {.deadline = deadline, .work = nullptr, .refused = nullptr, .group = std::move(group)};
}

std::string Drain(FairQueue& queue) {
  std::string order;
  while (!queue.empty()) order += queue.Pop().group;
  return order;
}

TEST(FairQueue, IsAPlainQueueForOneGroup) {
  FairQueue queue;
  for (int i = 0; i < 5; ++i) queue.Push(JobOf("", kNow + seconds(i)));
  for (int i = 0; i < 5; ++i) EXPECT_EQ(queue.Pop().deadline, kNow + seconds(i));
  EXPECT_TRUE(queue.empty());
}

TEST(FairQueue, GivesANewcomerItsTurnBeforeTheRestOfABurst) {
  FairQueue queue;
  for (int i = 0; i < 6; ++i) queue.Push(JobOf("a"));
  EXPECT_EQ(queue.Pop().group, "a");
  queue.Push(JobOf("b"));
  EXPECT_EQ(Drain(queue), "abaaaa");
}

TEST(FairQueue, TakesOutWhatIsDueAndKeepsTheTurnsOfTheRest) {
  FairQueue queue;
  queue.Push(JobOf("a", kNow));
  queue.Push(JobOf("a", kNow + seconds(2)));
  queue.Push(JobOf("b", kNow - seconds(1)));
  queue.Push(JobOf("c", kNow + seconds(1)));
  Jobs expired;
  EXPECT_EQ(queue.TakeExpired(kNow, expired), kNow + seconds(1));
  EXPECT_EQ(expired.size(), 2u);
  EXPECT_EQ(queue.size(), 2u);
  EXPECT_EQ(queue.SizeOf("b"), 0u);
  queue.Push(JobOf("b"));
  EXPECT_EQ(Drain(queue), "acb");
  expired.clear();
  EXPECT_EQ(queue.TakeExpired(kNow, expired), Deadline::max());
}

TEST(FairQueue, TakesOutEverything) {
  FairQueue queue;
  for (const char* group : {"a", "b", "a"}) queue.Push(JobOf(group));
  EXPECT_EQ(queue.TakeAll().size(), 3u);
  EXPECT_TRUE(queue.empty());
  EXPECT_EQ(queue.SizeOf("a"), 0u);
}

// By trying it: pushes one more of the group into a copy of the same arrivals and counts what is
// taken before it.
TEST(FairQueue, KnowsWhatStandsBeforeAnybodyWhoWouldComeNow) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    FairQueue queue;
    const int arrivals = static_cast<int>(random() % 12);
    for (int i = 0; i < arrivals; ++i) {
      queue.Push(JobOf(std::string(1, static_cast<char>('a' + random() % 4))));
      if (random() % 4 == 0) queue.Pop();
    }
    const std::string group(1, static_cast<char>('a' + random() % 4));
    const std::size_t ahead = queue.AheadOf(group);
    queue.Push(JobOf(group, kNow));
    std::size_t taken = 0;
    while (queue.Pop().deadline != kNow) ++taken;
    EXPECT_EQ(ahead, taken) << "round " << round;
  }
}

}  // namespace
}  // namespace tokenforge::workers
