// Refresh under parallel use: many devices' worth of requests with one token never make two
// successors, and never look like theft; a replay outside the grace always does.
#include <gtest/gtest.h>

#include <atomic>
#include <barrier>
#include <cstdlib>
#include <set>
#include <thread>

#include "lib/sync/mutex.h"
#include "tests/system/facade_client.h"
#include "tests/system/suite.h"

namespace tokenforge::systemtest {
namespace {

// As many at once as answer within their deadlines: ThreadSanitizer makes each call tens of times
// slower.
#if defined(__SANITIZE_THREAD__)
constexpr int kClients = 16;
#else
constexpr int kClients = 64;
#endif

// 1,000 with TOKENFORGE_STORM_ROUNDS=1000; fewer in every run, since each round is 64 calls through
// four services.
int Rounds() {
  const char* rounds = std::getenv("TOKENFORGE_STORM_ROUNDS");
  return rounds == nullptr ? 150 : std::atoi(rounds);
}

TEST(RefreshStorm, ManyClientsWithOneTokenGetOneSuccessorEachRound) {
  Suite suite;
  suite.Start();
  const FacadeClient client(suite.Connect("auth"));
  const auto registered = client.Register(FreshEmail(), kPassword);
  ASSERT_TRUE(registered.ok()) << registered.status();

  std::string token = registered->tokens().refresh_token();
  sync::Mutex mutex;
  std::set<std::string> successors;
  std::map<std::string, int> answers;
  const int rounds = Rounds();
  int finished = 0;
  bool broken = false;
  // Runs once a round, while all clients wait: one successor, which is the next round's token.
  const auto settle = [&]() noexcept {
    broken = broken || successors.size() != 1;
    if (!successors.empty()) token = *successors.begin();
    successors.clear();
    ++finished;
  };
  std::barrier round(kClients, settle);
  std::vector<std::thread> clients;
  for (int i = 0; i < kClients; ++i) {
    clients.emplace_back([&] {
      for (int r = 0; r < rounds; ++r) {
        const auto answer = client.Refresh(token);
        {
          const sync::MutexLock lock(&mutex);
          ++answers[ReasonName(answer.status())];
          if (answer.ok()) successors.insert(answer->refresh_token());
        }
        round.arrive_and_wait();
      }
    });
  }
  for (std::thread& thread : clients) thread.join();
  EXPECT_EQ(finished, rounds);
  EXPECT_FALSE(broken) << "a round had no successor, or more than one";
  EXPECT_EQ(answers["OK"], rounds * kClients);
  EXPECT_EQ(answers.size(), 1u) << "no theft, nothing superseded, nothing lost";
  std::printf("%d rounds of %d clients: %d refreshes, one successor each round\n", rounds, kClients,
              answers["OK"]);
}

TEST(RefreshStorm, AReplayOutsideTheGraceIsTheftAlwaysAndEndsEverySessionOfTheUser) {
  // The strict profile has no grace at all, so every replay is outside it.
  Suite suite(SuiteOptions{.flags = {{"sessions", {"--refresh-grace=0"}}}});
  suite.Start();
  const FacadeClient client(suite.Connect("auth"));
  for (int round = 0; round < 50; ++round) {
    const std::string email = FreshEmail();
    const auto victim = client.Register(email, kPassword);
    ASSERT_TRUE(victim.ok()) << victim.status();
    const auto other = client.Login(email, kPassword);
    ASSERT_TRUE(other.ok());
    std::string stolen = victim->tokens().refresh_token();
    std::string current = stolen;
    for (int depth = 0; depth <= round % 5; ++depth) {
      const auto next = client.Refresh(current);
      ASSERT_TRUE(next.ok()) << next.status();
      current = next->refresh_token();
    }
    EXPECT_EQ(ReasonName(client.Refresh(stolen).status()), "REFRESH_TOKEN_REUSED");
    EXPECT_EQ(ReasonName(client.Refresh(current).status()), "SESSION_ENDED");
    EXPECT_EQ(ReasonName(client.Refresh(other->tokens().refresh_token()).status()),
              "SESSION_ENDED");
  }
}

}  // namespace
}  // namespace tokenforge::systemtest
