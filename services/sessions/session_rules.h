// The rules of a session's life: when it ends, what a refresh token is worth, what a revocation
// covers.
//
// Why apart: this is where a mistake logs everybody out or lets a thief in, so it is pure — state,
// token, time and policy in; a decision out. The store on Redis decides the same in one atomic
// script; a randomised test holds the two against each other. All functions are pure and
// thread-safe. Times are whole milliseconds of wall time: the machines that run this service need
// synchronised clocks (NTP); a step of the clock shortens or lengthens lives by as much.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "services/sessions/times.h"
#include "services/sessions/token_bucket.h"

namespace tokenforge::sessions {

// What a token that was stolen (used again after its successor) ends.
enum class ReusePolicy { kUser, kSession };

struct Policy {
  Span grace = std::chrono::seconds(30);  // 0: strict, a token works exactly once
  Span idle_life = std::chrono::days(7);
  Span absolute_life = std::chrono::days(30);
  Span access_life = std::chrono::minutes(15);  // of an access token, as the façade issues them
  Span leeway = std::chrono::seconds(30);       // that verifiers grant
  int max_sessions = 50;                        // of one user
  ReusePolicy reuse = ReusePolicy::kUser;
  std::optional<TokenPolicy> refresh_limit;  // of one session (refresh_limit.h); none: no limit
};

// What is remembered of a session's refresh tokens. They are numbered from 1; `generation` is the
// newest.
struct Lineage {
  Time created;
  uint32_t generation = 1;
  // When tokens were superseded, oldest first: the last is when `generation` replaced the one
  // before it, the one before that a generation earlier, and so on. Older than the grace they are
  // forgotten, but for the last.
  std::vector<Time> moves;

  Time last_used() const { return moves.empty() ? created : moves.back(); }
  friend bool operator==(const Lineage&, const Lineage&) = default;
};
inline constexpr size_t kMostMoves =
    32;  // more refreshes than this in one grace no honest client makes

// When the session ends unless it is used before; at that instant it has ended.
Time EndOf(const Lineage& lineage, const Policy& policy);
inline bool HasEnded(const Lineage& lineage, Time now, const Policy& policy) {
  return now >= EndOf(lineage, policy);
}

// A request may be overtaken: it waits on a cut network, or in front of a store that hangs, and is
// decided after its sender has repeated it elsewhere and gone on. It carries the time at which it
// was made. If that is before the last refresh, a token whose move is forgotten proves nothing: it
// was the newest one, or superseded a moment ago, when the request was made. For so long; a clock
// that is further behind is no clock.
inline constexpr Span kOvertakenWithin = std::chrono::minutes(5);

enum class Verdict {
  kRotated,      // a new generation
  kRepeated,     // the same successor again: a lost answer, or two tabs
  kSuperseded,   // REFRESH_TOKEN_SUPERSEDED: a newer one was used already, a moment ago
  kReused,       // REFRESH_TOKEN_REUSED: theft
  kEnded,        // SESSION_ENDED
  kOtherClient,  // REFRESH_TOKEN_INVALID: presented by another client than it was given to (RFC
                 // 9700 2.2.2)
  kLimited,      // RATE_LIMITED: too many refreshes of this session (refresh_limit.h)
};

// The table of refresh (contract, section 2) for a live session and a genuine token of
// `generation`. On kRotated `lineage` has moved on; otherwise it is unchanged.
Verdict Decide(Lineage& lineage, uint32_t generation, Time now, const Policy& policy);

// How stale a token is that was superseded: for those who look into a theft, not for the decision.
struct Staleness {
  uint32_t generations = 0;  // how many newer ones there are
  Span age{0};               // since it was superseded
  bool exact = true;         // false: at least so long; when it was is forgotten
  friend bool operator==(const Staleness&, const Staleness&) = default;
};
// Of a token older than the newest.
Staleness StalenessOf(const Lineage& lineage, uint32_t generation, Time now);

// How long a revocation made now must be remembered. Longer than an access token lives and is
// tolerated, by the time that a refresh may take from the store's answer to the signature: a token
// signed for a session that has just ended must not outlive the revocation.
inline constexpr Span kSigningSlack = std::chrono::seconds(60);
inline Span RevocationLife(const Policy& policy) {
  return policy.access_life + policy.leeway + kSigningSlack;
}
inline Time RevocationEnd(Time now, const Policy& policy) { return now + RevocationLife(policy); }

// The instant before which a user's tokens are revoked as a whole. `iat` counts whole seconds, so
// this does too: a login in the same second must survive; its predecessors are revoked by their
// sessions.
inline Time RevokedBefore(Time now) { return std::chrono::floor<std::chrono::seconds>(now); }

// Everything that is wrong with a policy, for the configuration.
std::vector<std::string> FaultsOf(const Policy& policy);

}  // namespace tokenforge::sessions
