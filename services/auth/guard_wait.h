// Waiting for guards without a thread: until they enforce a state, but not for long.
//
// For revocations of keys, whose answers say how many guards refuse the old keys already. Guards of
// other replicas are known by what those replicas report to the keys service.
#pragma once

#include <chrono>
#include <cstdint>

#include "lib/async/task.h"
#include "services/auth/keys_client.h"

namespace tokenforge::auth {

class GuardRegistry;
class GuardReports;
class TrustHub;

// What waiting for guards takes; all of it outlives the server.
struct GuardWatch {
  TrustHub& hub;
  GuardRegistry& guards;
  const GuardReports& reports;
  std::chrono::seconds revoked_key_life{2 * (15 * 60 + 30)};
  std::chrono::milliseconds patience{1000};
  std::chrono::milliseconds look{50};  // between questions about other replicas
};

// How many guards there are, of all replicas, and how many of them enforce a key set.
struct GuardTally {
  std::int32_t connected = 0;
  std::int32_t applied = 0;
};

// Ends when every guard of this replica has applied the version, or after `at_most`.
async::Task<void> AwaitGuards(GuardRegistry& guards, std::uint64_t version,
                              std::chrono::milliseconds at_most);

// Ends when every guard of every replica enforces the key set `keys_version`, which this replica
// has published, or when patience or the call's time is over. Other replicas that cannot be asked
// about are not counted.
async::Task<GuardTally> AwaitAllGuards(const GuardWatch& watch, KeysClient& keys,
                                       rpc::ServerCall call, std::uint64_t keys_version);

// What the reports of other replicas than `own` add up to. Pure.
GuardTally TallyOf(const keys::v1::ReportGuardsResponse& answer, const std::string& own,
                   std::uint64_t keys_version);

}  // namespace tokenforge::auth
