#include "services/sessions/theft_audit.h"

#include <algorithm>
#include <utility>

#include "lib/telemetry/log.h"

namespace tokenforge::sessions {

Theft TheftOf(Presented token, Rotation rotation, Time now, const Policy& policy) {
  const auto ended =
      std::count_if(rotation.revocations.begin(), rotation.revocations.end(),
                    [](const Revocation& each) { return each.kind == Revocation::Kind::kSession; });
  const Staleness staleness = StalenessOf(rotation.session.lineage, token.generation, now);
  return {std::move(token), std::move(rotation.session), staleness, static_cast<int>(ended),
          policy.reuse};
}

void Audit(const Theft& theft, const telemetry::TraceContext& trace) {
  const bool whole_user = theft.policy == ReusePolicy::kUser;
  telemetry::Log(telemetry::Level::kWarning,
                 "a refresh token was used again long after it was superseded: taken for theft",
                 trace,
                 {{"reason", "REFRESH_TOKEN_REUSED"},
                  {"sub", theft.token.user.ToString()},
                  {"sid", theft.token.session.ToString()},
                  {"generation_gap", theft.staleness.generations},
                  {"age_ms", theft.staleness.age.count()},
                  {"age_is_exact", theft.staleness.exact},
                  {"address", theft.token.device.ip_address},
                  {"user_agent", theft.token.device.user_agent},
                  {"client", theft.token.client},
                  {"last_address", theft.session.device.ip_address},
                  {"last_user_agent", theft.session.device.user_agent},
                  {"ended", whole_user ? "every session of the user" : "the session"},
                  {"sessions_ended", theft.sessions_ended}});
}

errors::Facts FactsOf(const Theft& theft) {
  const bool whole_user = theft.policy == ReusePolicy::kUser;
  return {{"user_id", theft.token.user.ToString()},
          {"session_id", theft.token.session.ToString()},
          {"generation_gap", std::to_string(theft.staleness.generations)},
          {"age_ms", std::to_string(theft.staleness.age.count())},
          {"age_is_exact", theft.staleness.exact ? "true" : "false"},
          {"last_address", theft.session.device.ip_address},
          {"ended", whole_user ? "user" : "session"},
          {"sessions_ended", std::to_string(theft.sessions_ended)}};
}

}  // namespace tokenforge::sessions
