// What the benchmarks do to a running suite: people with sessions, whose refresh chains run side by
// side.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "bench/load.h"
#include "tests/system/facade_client.h"
#include "tests/system/suite.h"

namespace tokenforge::bench {

// People of a suite, each with a live session, refreshing through the façade.
class RefreshChains {
 public:
  // Registers `count` people; ends the process with the reason when that fails.
  RefreshChains(systemtest::Suite& suite, int count);

  // Each person refreshes over and over, the next time when the last was answered.
  LoadResult Run(std::chrono::milliseconds duration);
  const std::string& email(int person) const { return emails_[static_cast<size_t>(person)]; }

 private:
  std::vector<std::unique_ptr<systemtest::FacadeClient>>
      clients_;  // a connection for every 16 people
  std::vector<std::string> emails_, tokens_;
};

// Logins of these people over and over, `in_flight` at a time.
LoadResult RunLogins(systemtest::Suite& suite, const RefreshChains& people, int in_flight,
                     std::chrono::milliseconds duration);

// The processes of a suite: services and stores.
std::vector<int> PidsOf(systemtest::Suite& suite);

}  // namespace tokenforge::bench
