// A Redis Cluster that is killed, failed over, resharded and restarted under the whole suite:
// nobody is logged out, nobody is taken for a thief, no thief gets through, and who logged out
// stays out.
#include <gtest/gtest.h>

#include <cstdlib>
#include <string>

#include "tests/chaos/session_people.h"
#include "tests/lib/redis/redis_cluster.h"
#include "tests/system/suite.h"

namespace tokenforge::chaos {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kGrace{20};  // longer than any outage here, on a busy machine too

int Rounds() {
  const char* rounds = std::getenv("TOKENFORGE_CHAOS_ROUNDS");
  return rounds == nullptr ? 1 : std::atoi(rounds);
}

// The services come to it as the users of the ACL file that ships.
systemtest::SuiteOptions OptionsFor(const fakes::RedisCluster& redis) {
  systemtest::SuiteOptions options;
  options.redis_url = redis.address();
  const std::string grace = std::to_string(milliseconds(kGrace).count());
  options.flags["sessions"].push_back("--refresh-grace=" + grace + "ms");
  options.flags["sessions"].push_back("--redis-timeout=1s");
  return options;
}

void KillAPrimary(fakes::RedisCluster& redis, int slot) {
  const int primary = redis.PrimaryOf(slot);
  redis.Kill(primary);
  redis.AwaitPrimaryOtherThan(primary, slot);
  redis.Start(primary);
  redis.AwaitWhole();
}

TEST(SessionCluster, NobodyIsHarmedWhileNodesDieMoveAndComeBack) {
  fakes::RedisCluster redis;
  systemtest::Suite suite(OptionsFor(redis));
  suite.Start();
  const systemtest::FacadeClient client(suite.Connect("auth"));
  SessionPeople people(client, kGrace);
  people.AwaitRefreshes(100);
  Print("steady", people);
  for (int round = 0; round < Rounds(); ++round) {
    KillAPrimary(redis, 5000 * (round % 3));
    people.AwaitRefreshes(100);
    Print("a primary killed", people);
    redis.Failover(redis.ReplicaOf(redis.PrimaryOf(9000)));
    redis.AwaitWhole();
    people.AwaitRefreshes(100);
    Print("failed over by hand", people);
    redis.Reshard();
    people.AwaitRefreshes(100);
    Print("half the slots moved", people);
    redis.RestartEach();
    people.AwaitRefreshes(100);
    Print("each node restarted", people);
  }
  people.Stop();
  Print("at the end", people);
  const Tally tally = people.tally();
  EXPECT_EQ(tally.faults, std::vector<std::string>());
  EXPECT_GT(tally.logouts, 10);
  EXPECT_GT(tally.thefts, 10);
}

}  // namespace
}  // namespace tokenforge::chaos
