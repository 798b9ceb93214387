// FleetLoad: people who use a suite while its processes are restarted, killed or cut off, and the
// ledger of what it has acknowledged to them.
//
// Each person has a thread: they register, and then refresh, ask WhoAmI, call a guarded server, log
// in from a second device, and log out from it or keep it. A call that fails is tried again with
// the next turn, as a client would; a refresh that is refused for good is a loss, since the session
// was never ended. After a while a person leaves and somebody new comes, so that sessions and
// tokens do not pile up.
//
// Reconcile asks the suite for everything that it has acknowledged: registrations, sessions, their
// newest refresh tokens, and ends of sessions.
//
// The clients are used from the load's threads until Stop. One owner.
#pragma once

#include <atomic>
#include <chrono>
#include <string>
#include <thread>
#include <vector>

#include "lib/sync/mutex.h"
#include "tests/drills/fleet_client.h"
#include "tests/system/connected_guards.h"

namespace tokenforge::drills {

struct Reconciled {
  long registrations = 0, sessions = 0, ends = 0;  // that were acknowledged, and are there
  std::vector<std::string> lost;                   // one line for each that is not
};

class FleetLoad {
 public:
  struct Options {
    int people = 8;
    std::chrono::milliseconds pause{10};  // between two turns of a person
    int turns = 400;                      // until a person leaves
    // Each logout of the first person must reach all of these, whatever is restarted; may be null.
    const systemtest::ConnectedGuards* guards = nullptr;
  };
  FleetLoad(const FleetClient& client, const Options& options);
  ~FleetLoad() { Stop(); }

  void Stop();
  // After Stop. Asks through a client of its own, whose calls are not the drill's.
  Reconciled Reconcile(const FleetClient& client);
  long revocations_seen() const { return revocations_seen_; }

 private:
  struct EndedSession {
    std::string access_token, refresh_token;
  };
  struct Person {
    std::string email;
    std::string access_token, refresh_token;
    std::vector<std::string> other_sessions;  // refresh tokens that were never used
    std::vector<EndedSession> ended;
  };

  void Live(bool first);
  bool Arrive(Person& person);
  void Leave(Person& person);
  void Turn(Person& person, int turn, bool first);
  void Refresh(Person& person);
  void SecondDevice(Person& person, int turn, bool first);
  bool Pause(std::chrono::milliseconds duration);  // false: it is over
  void Lost(const std::string& what);
  void ReconcileOne(const FleetClient& client, const Person& person, Reconciled& reconciled);

  const FleetClient& client_;
  const Options options_;
  std::atomic<long> revocations_seen_ = 0;
  sync::Mutex mutex_;
  sync::CondVar stopped_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<Person> people_ ABSL_GUARDED_BY(mutex_);  // who has left
  std::vector<std::string> lost_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> threads_;
};

}  // namespace tokenforge::drills
