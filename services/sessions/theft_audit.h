// Theft of a refresh token, as those who look into it need it: one line in the log for each, facts
// for the façade's audit event, and nothing of it in the answer to whoever presented the token.
//
// Why here and not at the caller's: only the store knows how stale the token was and what ended. A
// theft is decided once: what it ended is over, and the same token again is SESSION_ENDED, so the
// lines cannot be made to flood. If the store's answer was lost, so is the line; the sessions are
// over and their revocations in the log all the same.
//
// No line holds a token or anything that one can be made of. Pure but for the log; thread-safe.
#pragma once

#include "lib/errors/facts.h"
#include "services/sessions/session_store.h"

namespace tokenforge::telemetry {
struct TraceContext;
}

namespace tokenforge::sessions {

struct Theft {
  Presented token;      // what was presented, by which client, from where
  Session session;      // as it was when it ended: who used it last, and from where
  Staleness staleness;  // of the token
  int sessions_ended = 0;
  ReusePolicy policy = ReusePolicy::kUser;  // by which they were chosen
};

// Of a rotation whose verdict is kReused.
Theft TheftOf(Presented token, Rotation rotation, Time now, const Policy& policy);

// Writes the line: a warning, with the trace of the call.
void Audit(const Theft& theft, const telemetry::TraceContext& trace);

// What the façade is told of it, for the audit log. It hands none of it on.
errors::Facts FactsOf(const Theft& theft);

}  // namespace tokenforge::sessions
