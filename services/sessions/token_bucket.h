// The rule of the token bucket: how many attempts somebody has left, and when there are more.
//
// A bucket holds at most `burst` tokens and starts full. `refill` tokens come in each `period`,
// evenly, by the millisecond. An attempt takes tokens; what turned out not to count is given back,
// never above the burst. So in any span of time at most burst + refill * span / period attempts go
// through. A policy without refill (second_factor) is a number of attempts for one thing: the
// bucket is full again only once nothing was taken for a whole period, when what it protects is
// gone.
//
// Exact: what is missing is counted in parts of a token, `period` milliseconds of them to a token,
// so that each millisecond brings `refill` whole parts. Nothing is rounded, nothing drifts, and the
// numbers stay below 2^53 (PolicyFaults), where Lua's are exact too. A changed period re-reads what
// is missing in parts of the new size: for the time of one filling the bucket is off, never beyond
// its burst.
//
// Time is told by two clocks (two_clocks.h). All functions are pure and thread-safe. Whoever uses a
// bucket brings it to now (Refill) first; every other function is about a bucket of now.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/sessions/two_clocks.h"

namespace tokenforge::sessions {

struct TokenPolicy {
  std::int64_t burst = 1;
  std::int64_t refill = 0;  // tokens a period; 0: none
  Span period = std::chrono::minutes(1);
  friend bool operator==(const TokenPolicy&, const TokenPolicy&) = default;
};

// Everything wrong with a policy, as phrases. Burst 1 to 1,000,000; refill 0 to 1,000,000; period a
// second to a day; with refill, full again within a day.
std::vector<std::string> PolicyFaults(const TokenPolicy& policy);

struct TokenBucket {
  std::int64_t spent = 0;  // parts that are missing; 0: full
  TwoClocks mark;          // up to when it was refilled; without refill: the last taking
  friend bool operator==(const TokenBucket&, const TokenBucket&) = default;
};

// Brings a bucket to now. True when its mark was further ahead of a clock than a filling takes and
// has been brought back to that: this must be stored even if nothing is taken, or it begins anew.
bool Refill(TokenBucket& bucket, const TokenPolicy& policy, TwoClocks now);

bool Holds(const TokenBucket& bucket, const TokenPolicy& policy, std::int64_t tokens);
// Takes what it Holds.
void Spend(TokenBucket& bucket, const TokenPolicy& policy, std::int64_t tokens, TwoClocks now);
void GiveBack(TokenBucket& bucket, const TokenPolicy& policy, std::int64_t tokens);

std::int64_t Remaining(const TokenBucket& bucket, const TokenPolicy& policy);  // whole tokens
// Until it Holds so many (at most the burst) if nobody takes any; rounded up to the millisecond.
Span UntilHolds(const TokenBucket& bucket, const TokenPolicy& policy, std::int64_t tokens,
                TwoClocks now);
inline Span UntilFull(const TokenBucket& bucket, const TokenPolicy& policy, TwoClocks now) {
  return UntilHolds(bucket, policy, policy.burst, now);
}

// How long a store keeps what is not back to its beginning yet: by this much longer than it needs.
// A store forgets by its own clock alone; one that is stepped forward by less forgets nothing
// early.
inline constexpr Span kClockStepTolerance = std::chrono::hours(1);

// The same rule in Lua, to begin a script with: token_bucket_test holds the two against each other.
// It declares local functions that take and change tables:
//   bucket {spent, store, service}, policy {burst, refill, period}, now {store, service}
//   bucket_refill(bucket, policy, now) → whether the mark was brought back
//   bucket_holds(bucket, policy, tokens)   bucket_spend(bucket, policy, tokens, now)
//   bucket_give_back(bucket, policy, tokens)   bucket_remaining(bucket, policy)
//   bucket_until_holds(bucket, policy, tokens, now)   bucket_until_full(bucket, policy, now)
// and clock_elapsed, clock_until_reached, clock_not_beyond, clock_later(mark, now, …), and
// clock_now(service) → now, with the store's TIME. All fields are called as in the structs.
extern const std::string_view kTokenBucketLua;

}  // namespace tokenforge::sessions
