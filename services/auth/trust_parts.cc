#include "services/auth/trust_parts.h"

#include <utility>

namespace tokenforge::auth {
namespace {

TrustFeedOptions FeedOptionsOf(std::chrono::seconds revoked_key_life, clock::AgreedClock& clock) {
  TrustFeedOptions options;
  options.clock = &clock;
  options.revoked_key_life = revoked_key_life;
  return options;
}

telemetry::Gauge NewGauge(std::string_view name, std::string_view help) {
  return telemetry::GaugeFamily(name, help).With();
}

}  // namespace

TrustParts::TrustParts(const Config& config, const Upstreams& upstreams,
                       std::shared_ptr<Trust> guard_trust, clock::AgreedClock& clock)
    : clock_(clock),
      revoked_key_life_(std::chrono::duration_cast<std::chrono::seconds>(config.revoked_key_life)),
      hub_(config.issuer, std::move(guard_trust), clock),
      feeds_(hub_, upstreams.keys.channel, upstreams.sessions.channel,
             FeedOptionsOf(revoked_key_life_, clock)),
      reports_(hub_, guards_, upstreams.keys.channel),
      connected_(NewGauge("tokenforge_guards_connected", "Guards on this replica's trust feed"),
                 [this] { return static_cast<double>(guards_.connected()); }),
      behind_(NewGauge("tokenforge_guards_behind",
                       "Guards that have not acknowledged the newest signing keys"),
              [this] { return static_cast<double>(guards_.Behind(hub_.CurrentKeys().since)); }) {}

void TrustParts::Start() {
  hub_.OnNews([this] { fan_out_.Wake(); });
  fan_out_.Start();
  feeds_.Start();
  reports_.Start();
}

void TrustParts::Stop() {
  reports_.Stop();
  feeds_.Stop();
  fan_out_.Stop();
}

}  // namespace tokenforge::auth
