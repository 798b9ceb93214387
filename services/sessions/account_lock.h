// The rule of the account lock: a streak of failures, from anywhere, and what it costs.
//
// Why: limits by address do nothing against guesses from a thousand addresses. So failures of one
// account in a row are counted, and from the 20th on each locks the account, for a minute, then
// two, up to fifteen; never for ever, because a lock is also a lever to shut others out.
//
// An attempt is counted before anybody knows whether it fails: 200 guesses that run side by side
// are 200 counted, of which 20 went through. What happens then:
//   it failed        nothing; it is counted
//   it succeeded     EndStreak: the streak and its lock are gone
//   nobody can tell  TakeBack: as if it had not been counted. It must not end the streak, or
//   whoever
//                    overloads the password check could end it at will
// In a lock nothing is counted. When it is over one attempt goes through, and locks again at once,
// for longer, unless it succeeds. A streak without a failure for `forget` is forgotten.
//
// Time is told by two clocks (two_clocks.h). All functions are pure and thread-safe. Whoever uses a
// streak brings it to now (Recall) first; every other function is about a streak of now.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "services/sessions/two_clocks.h"

namespace tokenforge::sessions {

struct LockPolicy {
  std::int64_t after = 20;  // failures
  Span shortest = std::chrono::minutes(1);
  Span longest = std::chrono::minutes(15);
  Span forget = std::chrono::hours(24);
  friend bool operator==(const LockPolicy&, const LockPolicy&) = default;
};

// Everything wrong with a policy, for the configuration, by the names of its flags.
std::vector<std::string> LockFaults(const LockPolicy& policy);

struct Streak {
  std::int64_t failures = 0;
  TwoClocks last;  // when the last of them was counted
  friend bool operator==(const Streak&, const Streak&) = default;
};

// How long so many failures lock; 0: not at all.
Span LockOf(std::int64_t failures, const LockPolicy& policy);

// Brings a streak to now. True when its last failure was further ahead of a clock than its lock
// takes and has been brought back to that: this must be stored even if nothing is counted.
bool Recall(Streak& streak, const LockPolicy& policy, TwoClocks now);

// Zero: not locked.
Span UntilOpen(const Streak& streak, const LockPolicy& policy, TwoClocks now);
Span UntilForgotten(const Streak& streak, const LockPolicy& policy, TwoClocks now);
// Attempts that go through before the next lock: 0 in a lock, 1 after one.
std::int64_t AttemptsLeft(const Streak& streak, const LockPolicy& policy, TwoClocks now);

// Of a streak that is not locked.
void CountFailure(Streak& streak, TwoClocks now);
void TakeBack(Streak& streak, const LockPolicy& policy);
inline void EndStreak(Streak& streak) { streak = {}; }

// The same rule in Lua, to stand behind kTokenBucketLua (token_bucket.h), whose clocks it uses.
// Local functions that take and change tables:
//   streak {failures, store, service}, policy {after, shortest, longest, forget}, now
//   streak_recall(streak, policy, now) → whether the last failure was brought back
//   streak_until_open(streak, policy, now)   streak_until_forgotten(streak, policy, now)
//   streak_attempts_left(streak, policy, now)
//   streak_count(streak, now)   streak_take_back(streak, policy)   streak_end(streak)
extern const std::string_view kAccountLockLua;

}  // namespace tokenforge::sessions
