// Clients that work on a few users' sessions at once, through several stores as several replicas of
// the service would, and write down what they did and what they were told.
//
// A round has fresh users, so that no history grows beyond what can be checked. Time is made up:
// one clock moves on with the operations, by leaps now and then, so that graces pass and thieves
// come late; each replica's clock is off by its own amount. Lives are so long that nothing expires.
#pragma once

#include <array>
#include <atomic>
#include <memory>
#include <random>
#include <string>
#include <vector>

#include "lib/redis/client.h"
#include "lib/sync/mutex.h"
#include "services/sessions/session_store.h"
#include "tests/chaos/session_history.h"

namespace tokenforge::chaos {

// The policy of a round: `grace` in made-up time, few sessions, endless lives.
sessions::Policy RoundPolicy(sessions::ReusePolicy reuse);

// What a client works with.
struct Replica {
  sessions::SessionStore* store = nullptr;
  sessions::Span skew{0};  // of its clock
  // Waits until operations are worth trying again after one has failed; null: at once.
  std::function<void()> recover;
};

struct LoadOptions {
  int users = 3;
  int clients_per_user = 4;
  int operations = 80;  // of one client
  std::chrono::milliseconds timeout{1000};
  unsigned seed = 1;
};

// What was done in one round.
struct Round {
  std::vector<std::vector<Operation>> histories;  // of each user
  int not_sent = 0;                               // failed without having reached the store
};

class SessionLoad {
 public:
  SessionLoad(std::vector<Replica> replicas, sessions::Policy policy, LoadOptions options)
      : replicas_(std::move(replicas)), policy_(policy), options_(options) {}

  // All clients to their end; then, one after the other, a look at what is left. When `calm` is
  // called, faults are to stop: the last look must succeed.
  Round Run(const std::function<void()>& calm);

 private:
  struct User;
  class Client;

  sessions::Time Tick(std::minstd_rand& random);
  void LookAtTheEnd(User& user);

  const std::vector<Replica> replicas_;
  const sessions::Policy policy_;
  const LoadOptions options_;
  std::atomic<int64_t> clock_ms_ = 1'800'000'000'000;
  std::atomic<uint64_t> order_ = 1;  // of calls and returns
  std::atomic<int> not_sent_ = 0;
};

}  // namespace tokenforge::chaos
