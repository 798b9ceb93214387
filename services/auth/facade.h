// Facade: what every flow of this service works with.
//
// A struct of things made by main, which outlive the server. The flows are free coroutines that
// take it by reference; everything in it is thread-safe. A flow returns what the caller is told;
// response and request belong to the call.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "lib/telemetry/metrics.h"
#include "services/auth/activity.h"
#include "services/auth/audit_client.h"
#include "services/auth/directory_client.h"
#include "services/auth/factor_client.h"
#include "services/auth/hash_gate.h"
#include "services/auth/keys_client.h"
#include "services/auth/lock_watch.h"
#include "services/auth/password_client.h"
#include "services/auth/service_token_rules.h"
#include "services/auth/sessions_client.h"
#include "services/auth/trusted_proxies.h"
#include "services/auth/users_client.h"

namespace tokenforge::auth {

class AuditQueue;
class TrustHub;

struct Facade {
  UsersClient users;
  SessionsClient sessions;
  KeysClient keys;
  TrustHub& trust;
  AuditClient audit_log;               // asks it
  AuditQueue& audit;                   // writes into it what the façade alone sees
  std::vector<std::string> audiences;  // the `aud` of access tokens
  ServiceTokenRules service_tokens;
  TrustedProxies proxies;
  FactorClient factors;
  DirectoryClient directory;
  PasswordClient passwords;
  bool private_registration = false;  // Register tells nobody who has an account
  HashGate hashes{64};

  telemetry::CounterFamily logins{
      "tokenforge_logins_total", "Logins, by how they ended", {"result"}};
  telemetry::CounterFamily refreshes{
      "tokenforge_refreshes_total", "Refreshes, by how they ended", {"result"}};
  // From the start on, at 0: an increase can only be seen of what is there before it.
  telemetry::Counter accounts_locked =
      telemetry::CounterFamily("tokenforge_accounts_locked_total",
                               "Locks of accounts that attempts have run into")
          .With();
  // Never null; shared with whoever shows it (status/).
  std::shared_ptr<Activity> activity = std::make_shared<Activity>();
  LockWatch locks = {};
};

// CIRCUIT_OPEN when one of the services that every login and refresh needs is left alone now: said
// at the beginning, before anything was counted or changed at the others.
absl::Status Reachable(const Facade& facade);

// Counts how a flow ended and returns its status: `ok`, or the reason's name in lower case.
absl::Status Counted(const telemetry::CounterFamily& family, Outcomes& outcomes,
                     absl::Status status);

}  // namespace tokenforge::auth
