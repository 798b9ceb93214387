// People who use the suite while its Redis is broken under them, and what must never happen to any
// of them.
//
// Honest ones refresh steadily and log in anew at times; a call that fails is repeated with the
// same token, as a client of ours does. Others log out, and their tokens are tried again at the
// end. And thieves present tokens that were superseded long ago. Each kind runs on threads of its
// own, from construction to Stop; the tallies may be read at any time.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <string>
#include <thread>
#include <vector>

#include "lib/sync/mutex.h"
#include "tests/system/facade_client.h"

namespace tokenforge::chaos {

struct Tally {
  int refreshes = 0;                    // that were answered with a token
  int logins = 0;                       // so many sessions
  int logouts = 0;                      // that were acknowledged
  int thefts = 0;                       // tokens that were presented too late
  std::map<std::string, int> failures;  // of calls, by reason; each was repeated

  // What must stay zero.
  int logged_out = 0;               // honest refreshes that were refused for good
  int false_thefts = 0;             // of them, those taken for theft
  int thefts_missed = 0;            // stale tokens that were exchanged, or whose session lived on
  int logouts_forgotten = 0;        // sessions that came back
  std::vector<std::string> faults;  // one line for each of the above
};

class SessionPeople {
 public:
  // Registers them all; a theft is one `grace` after its token was superseded.
  SessionPeople(const systemtest::FacadeClient& client, std::chrono::milliseconds grace);
  ~SessionPeople() { Stop(); }

  // Waits until the honest have refreshed so many times more.
  void AwaitRefreshes(int more);
  // Ends the load, presents what stolen tokens are left and tries every session once more.
  void Stop();
  Tally tally();

 private:
  struct Person {
    std::string email;
    std::string refresh_token;
    std::string access_token;
  };
  struct Loot {
    std::string stale;    // superseded, and its successor used
    std::string current;  // the victim's
    std::chrono::steady_clock::time_point ripe;
  };

  void Live(std::size_t first);
  void LeaveAndReturn();
  void Steal();
  // False when everything ended before.
  bool StaysUntil(std::chrono::steady_clock::time_point when);
  Person Enter(const std::string& email);
  bool Refresh(Person& person);
  void Present(const Loot& loot);
  std::string RefusalOf(const std::string& refresh_token);
  void Fault(int Tally::* kind, const std::string& what);
  bool Failed(const absl::Status& status);

  const systemtest::FacadeClient& client_;
  const std::chrono::milliseconds grace_;
  std::atomic<bool> stop_ = false;
  sync::Mutex mutex_;
  sync::CondVar refreshed_;
  sync::CondVar stopped_;
  Tally tally_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::string> left_ ABSL_GUARDED_BY(mutex_);  // refresh tokens of acknowledged logouts
  std::vector<Person> honest_;
  std::vector<Loot> loot_;
  std::string leaver_;
  std::vector<std::thread> threads_;
};

// One line: what has come about by now.
void Print(const char* after, SessionPeople& people);

}  // namespace tokenforge::chaos
