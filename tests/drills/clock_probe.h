// ClockProbe: what a clock that was stepped could break, asked of every replica of everything by
// name — not left to chance, as load does.
//
// Made while all clocks are right, it has a person who is logged in, a token that was revoked, one
// that has expired, and a rate limit that is used up. Ask then says what breaks a promise:
//   let in       a revoked token accepted by any guard, or missing from a façade's snapshot; an
//                expired one accepted
//   false theft  a refresh repeated through another replica within the grace that is not answered
//                with the same successor
//   refused      a good token refused, or one that is no good from the beginning signed
//   for free     a limit that gives what time has not brought
// That deadlines still come is seen when the host's processes are told to end (clocks.cc).
// Used from one thread.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/drills/fleet_client.h"
#include "tests/system/suite.h"

namespace tokenforge::drills {

class ClockProbe {
 public:
  // Takes half a minute: until a token has expired.
  ClockProbe(systemtest::Suite& suite, const FleetClient& client);

  // One line for each promise that is broken now.
  std::vector<std::string> Ask();

  // Until a guard that has just started lets the good token in: it has keys a moment before it is
  // told what time it is. False after a minute.
  bool AwaitGood(const std::string& name);

 private:
  void AskGuard(const std::string& name, std::vector<std::string>& faults);
  void AskFacade(const std::string& name, std::vector<std::string>& faults);
  void AskSigner(const std::string& name, std::vector<std::string>& faults);
  void AskSessions(const std::string& name, const std::string& other,
                   std::vector<std::string>& faults);
  void AskLimit(const std::string& name, std::vector<std::string>& faults);

  systemtest::Suite& suite_;
  const FleetClient& client_;
  std::string email_, user_;
  std::string good_, revoked_, revoked_session_, expired_;
};

}  // namespace tokenforge::drills
