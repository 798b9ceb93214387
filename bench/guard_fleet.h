// Servers of other teams: each with a guard of its own that listens to a suite's façade over mTLS,
// all in this process and each on a connection of its own.
//
// Used from one thread, but for RefusalTimes, which may run while another thread calls the suite.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "bench/echo_server.h"
#include "tests/system/suite.h"

namespace tokenforge::bench {

// What a team's server needs to guard itself with this suite's façade.
GuardOptions OptionsFor(const systemtest::Suite& suite, const std::string& guard_id);

class GuardFleet {
 public:
  using Clock = std::chrono::steady_clock;

  // Starts `count` guards and waits until each has keys; ends the process with the reason when one
  // has none after a minute.
  GuardFleet(const systemtest::Suite& suite, int count);

  // Waits until every guard accepts the token, which also puts it into their caches. Ends the
  // process when one still refuses it after 20 s.
  void AwaitAccepted(const std::string& token) const;

  // Asks the guards that still accept the token, in turn, until all refuse it with one of
  // TOKEN_REVOKED and TOKEN_UNKNOWN_KEY: for each guard the time of its first refusal. Ends the
  // process when one still accepts it after 30 s.
  std::vector<Clock::time_point> RefusalTimes(const std::string& token) const;

 private:
  std::vector<std::unique_ptr<EchoServer>> servers_;
};

}  // namespace tokenforge::bench
