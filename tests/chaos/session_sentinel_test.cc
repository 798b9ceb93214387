// A primary behind sentinels that is killed, stopped, handed over and restarted under the whole
// suite: nobody is logged out, nobody is taken for a thief, no thief gets through, and who logged
// out stays out.
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <fstream>
#include <string>

#include "tests/chaos/session_people.h"
#include "tests/lib/redis/acl_users.h"
#include "tests/lib/redis/redis_sentinel.h"
#include "tests/system/suite.h"

namespace tokenforge::chaos {
namespace {

using fakes::RedisSentinel;
using std::chrono::milliseconds;
using std::chrono::seconds;

constexpr seconds kGrace{20};  // longer than any outage here, on a busy machine too

// The services come to the servers and to the sentinels as the users of the ACL files that ship.
systemtest::SuiteOptions OptionsFor(const RedisSentinel& redis) {
  const std::string password = redis.folder() + "/sentinel.password";
  std::ofstream(password) << fakes::AclUsers::PasswordOf("tokenforge") << "\n";
  chmod(password.c_str(), 0600);
  systemtest::SuiteOptions options;
  options.redis_url = redis.address();
  for (const char* service : {"sessions", "keys"}) {
    options.flags[service] = {"--redis-sentinel-username=tokenforge",
                              "--redis-sentinel-password-file=" + password};
  }
  const std::string grace = std::to_string(milliseconds(kGrace).count());
  options.flags["sessions"].push_back("--refresh-grace=" + grace + "ms");
  options.flags["sessions"].push_back("--redis-timeout=1s");
  return options;
}

void AwaitWhole(const RedisSentinel& redis) {
  for (int server = 0; server < RedisSentinel::kNodes; ++server) {
    if (server != redis.primary()) redis.AwaitReplica(server);
  }
}

void RestartEach(RedisSentinel& redis) {
  for (int node = 0; node < RedisSentinel::kNodes; ++node) {
    redis.KillSentinel(node);
    redis.StartSentinel(node);
    const bool was_primary = redis.primary() == node;
    redis.KillServer(node);
    if (was_primary) redis.AwaitPrimaryOtherThan(node);
    redis.StartServer(node);
    AwaitWhole(redis);
  }
}

TEST(SessionSentinel, NobodyIsHarmedWhilePrimariesAreLost) {
  RedisSentinel redis;
  systemtest::Suite suite(OptionsFor(redis));
  suite.Start();
  const systemtest::FacadeClient client(suite.Connect("auth"));
  SessionPeople people(client, kGrace);
  people.AwaitRefreshes(100);
  Print("steady", people);

  const int killed = redis.primary();
  redis.KillServer(killed);
  redis.AwaitPrimaryOtherThan(killed);
  redis.StartServer(killed);
  AwaitWhole(redis);
  people.AwaitRefreshes(100);
  Print("the primary killed", people);

  const int stopped = redis.primary();
  redis.PauseServer(stopped);
  redis.AwaitPrimaryOtherThan(stopped);
  redis.ResumeServer(stopped);
  AwaitWhole(redis);
  people.AwaitRefreshes(100);
  Print("the primary stopped", people);

  redis.HandOver();
  AwaitWhole(redis);
  people.AwaitRefreshes(100);
  Print("handed over", people);

  RestartEach(redis);
  people.AwaitRefreshes(100);
  Print("each node restarted", people);

  people.Stop();
  Print("at the end", people);
  const Tally tally = people.tally();
  EXPECT_EQ(tally.faults, std::vector<std::string>());
  EXPECT_GT(tally.logouts, 10);
  EXPECT_GT(tally.thefts, 10);
}

}  // namespace
}  // namespace tokenforge::chaos
