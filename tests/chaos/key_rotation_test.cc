// Three keys replicas as processes, rotating every two seconds, each killed (SIGKILL) at every step
// of a rotation in turn: there is exactly one successor each time, the others go on, and whoever
// comes back has a usable set. All the while tokens are signed, and each replica publishes the keys
// of every unexpired one.
//
// More rounds: TOKENFORGE_CHAOS_ROUNDS=10.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "tests/chaos/key_replicas.h"

namespace tokenforge::chaos {
namespace {

int Rounds() {
  const char* const rounds = std::getenv("TOKENFORGE_CHAOS_ROUNDS");
  return rounds == nullptr ? 2 : std::atoi(rounds);
}

struct Point {
  Operation operation;
  Moment moment;
  const char* name;
};

constexpr Point kPoints[] = {
    {Operation::kReadKeys, Moment::kBefore, "before it looks at the store"},
    {Operation::kReadKeys, Moment::kAfter, "after it looked at the store"},
    {Operation::kReadReports, Moment::kBefore, "a rotation is due, before it reads reports"},
    {Operation::kReadReports, Moment::kAfter, "a rotation is due, after it read reports"},
    {Operation::kReplaceKeys, Moment::kBefore, "the new set is made, before it is stored"},
    {Operation::kReplaceKeys, Moment::kAfter, "the new set is stored, before it knows"},
};

TEST(KeyRotation, ReplicaKilledAtAnyStepLeavesExactlyOneSuccessor) {
  KeyReplicas replicas;
  ASSERT_TRUE(replicas.StartAll());
  KeyHistory history(replicas);
  TokenLoad load(replicas);
  history.AwaitRotations(2);
  int kills = 0;
  for (int round = 0; round < Rounds(); ++round) {
    for (const Point& point : kPoints) {
      SCOPED_TRACE(point.name);
      const std::size_t killed = replicas.KillOneAt(point.operation, point.moment);
      ++kills;
      history.AwaitRotations(2);  // without it
      replicas.Start(killed);
      ASSERT_TRUE(replicas.AwaitUsable(killed)) << "it does not come back";
      history.AwaitRotations(1);  // with it
    }
  }
  load.Stop();
  EXPECT_EQ(load.faults(), std::vector<std::string>());
  EXPECT_GT(load.signed_by_all(), 0);
  EXPECT_EQ(history.faults(), std::vector<std::string>());
  EXPECT_TRUE(replicas.Agree());
  std::printf(
      "%d kills, %d rotations, each with one successor; %d tokens, %d checks, none refused\n",
      kills, history.rotations(), load.tokens(), load.checks());
}

}  // namespace
}  // namespace tokenforge::chaos
