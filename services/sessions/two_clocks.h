// TwoClocks: what time it is for a rate limit, told by two clocks of which neither is trusted
// alone.
//
// Why two: tokens and the end of a lock are worth something to an attacker, and they come with
// time. A clock that is stepped forward would hand them out. So an instant is read from both the
// store's clock (TIME of Redis) and the service's own (AnchoredClock), a state is marked with both,
// and no more time has passed than the slower of the two vouches for:
//   stepped forward   one clock runs ahead: the other one counts
//   frozen            no time passes: nobody gets a token; when it goes on, all is made up for
//   stepped back      a clock that is behind a mark vouches for nothing until it has caught up, so
//   an
//                     honest user waits for as long as the step was, and at most (NotBeyond) for as
//                     long as the state would have taken to recover in any case
// Replicas whose clocks disagree are the same case as steps: the clock that is furthest ahead
// leads. A mark moves by what has elapsed, not to "now": time that only one clock vouches for so
// far is not lost when replicas with different clocks take turns.
//
// All functions are pure. The scripts do the same in Lua (token_bucket.h).
#pragma once

#include <algorithm>

#include "services/sessions/times.h"

namespace tokenforge::sessions {

// Milliseconds since the epoch, whole.
struct TwoClocks {
  Span store{};
  Span service{};
  friend bool operator==(const TwoClocks&, const TwoClocks&) = default;
};

inline TwoClocks operator+(TwoClocks at, Span by) { return {at.store + by, at.service + by}; }

// The time since `mark` that both vouch for; never negative.
inline Span ElapsedSince(TwoClocks mark, TwoClocks now) {
  return std::max(Span(0), std::min(now.store - mark.store, now.service - mark.service));
}

// How long it takes, when both go on, until a mark that lies ahead of a clock is reached.
inline Span UntilReached(TwoClocks mark, TwoClocks now) {
  return std::max({Span(0), mark.store - now.store, mark.service - now.service});
}

// The mark, brought back to where it lies at most `most` ahead of either clock.
inline TwoClocks NotBeyond(TwoClocks mark, TwoClocks now, Span most) {
  return {std::min(mark.store, now.store + most), std::min(mark.service, now.service + most)};
}

// The later of both, clock by clock: a mark never goes back.
inline TwoClocks Later(TwoClocks mark, TwoClocks now) {
  return {std::max(mark.store, now.store), std::max(mark.service, now.service)};
}

}  // namespace tokenforge::sessions
