// TrustParts: everything of this replica that the trust feed is made of, and its life.
//
//   keys ─┐                     ┌─ this process's guard
//         ├─ TrustFeeds ─ TrustHub ─ TrustFanOut ─ a TrustStream for each guard ─ GuardRegistry ─┐
//   sessions ┘                  └─ JWKS over HTTP                       keys ─ GuardReports ─────┘
//
// One owner (main): Start, Drain when the process is asked to stop, Stop after the last call. The
// parts themselves are thread-safe.
#pragma once

#include <memory>

#include "lib/telemetry/metrics.h"
#include "services/auth/guard_registry.h"
#include "services/auth/guard_reports.h"
#include "services/auth/guard_wait.h"
#include "services/auth/trust_fan_out.h"
#include "services/auth/trust_feeds.h"
#include "services/auth/trust_hub.h"
#include "services/auth/trust_stream.h"
#include "services/auth/upstreams.h"

namespace tokenforge::auth {

class TrustParts {
 public:
  // `guard_trust` is what the guard of this process believes in; `clock` outlives this object.
  TrustParts(const Config& config, const Upstreams& upstreams, std::shared_ptr<Trust> guard_trust,
             clock::AgreedClock& clock);

  void Start();
  void Drain() { fan_out_.Drain(); }
  void Stop();

  TrustHub& hub() { return hub_; }
  const TrustFeeds& feeds() const { return feeds_; }
  TrustFeed feed() { return {hub_, fan_out_, guards_, clock_}; }
  GuardWatch watch() { return {hub_, guards_, reports_, revoked_key_life_}; }

 private:
  const clock::Clock& clock_;
  const std::chrono::seconds revoked_key_life_;
  TrustHub hub_;
  GuardRegistry guards_;
  TrustFanOut fan_out_;
  TrustFeeds feeds_;
  GuardReports reports_;
  telemetry::ObservedGauge connected_;
  telemetry::ObservedGauge behind_;
};

}  // namespace tokenforge::auth
