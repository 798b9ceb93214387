// The rule of rotation: what, if anything, has to happen to a key set now. Pure.
//
// A key is published (next) long before it signs, and trusted (retired) long after it has signed,
// so that at every moment every unexpired token verifies with every key set that a verifier may
// still hold. The rule therefore measures the two waits that safety rests on — published, retired —
// not by time stamps but by how long this replica itself has watched the key in its state, on a
// clock that nobody sets (`seen_for`): a wall clock that steps can make a rotation early or late,
// never unsafe. A replica that was just started waits anew, and so does one that comes back to its
// store: while the store was away no other replica could learn of a change, and guards' reports
// ended. That costs nothing but patience.
//
//   next     → active   when a rotation is due, next was seen published for publish_for, and every
//                       connected guard enforces a set that holds it; after acknowledge_within all
//                       the same (a guard that is stuck must not stop rotation for ever)
//   active   → retired  in the same step, which also makes a new next
//   retired  → gone     seen retired for retire_for
//   revoked  → gone     revoked keep_revoked ago; it is kept only to be listed
//   next     → gone     when its algorithm is not the configured one: a new next takes its place,
//   so
//                       that the setting takes effect at the next rotation. Next has never signed.
//                       Only after publish_for: replicas that disagree (a rolling change of the
//                       setting) replace each other's at most that often
//
// A time stamp that lies in the future (some replica's clock was wrong) makes a rotation due now:
// an early rotation is safe, one that never comes is not.
#pragma once

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <vector>

#include "services/keys/guard_report.h"
#include "services/keys/key_record.h"

namespace tokenforge::keys {

using Span = std::chrono::milliseconds;

struct RotationSettings {
  jose::Algorithm algorithm = jose::Algorithm::kRs256;  // of keys made from now on
  Span rotate_every = std::chrono::days(7);
  Span publish_for = std::chrono::minutes(10);      // before a key signs
  Span acknowledge_within = std::chrono::hours(1);  // after that it signs all the same
  Span retire_for = std::chrono::minutes(31);       // 2 × (access TTL + leeway)
  Span keep_revoked = std::chrono::days(7);
};

struct Situation {
  const KeySetRecord& set;
  Time now;
  // By kid: for how long this replica has seen the key in its present state, with the store in
  // reach.
  std::map<std::string, Span, std::less<>> seen_for;
  // For how long this replica has seen the set sealed under another KEK than its first; nothing
  // when it is not.
  std::optional<Span> foreign_kek_for;
  // What façade replicas report; null when that could not be read, which counts as "not
  // acknowledged".
  const std::vector<GuardReport>* reports = nullptr;
};

enum class Step {
  kNothing,
  kMakeNext,  // there is none, or its algorithm is not the configured one
  kRotate,
  kForget,  // Decision::kids
  kReseal,  // under this replica's first KEK
};

struct Decision {
  Step step = Step::kNothing;
  std::string reason;                // for the log
  std::vector<std::string> kids;     // to forget
  std::vector<std::string> waiting;  // guards that do not enforce next, as far as they are known
  Span overdue{0};                   // for how long a rotation has been due
  Span look_again{0};                // when the rule may say something new, if nothing else happens
};

// When the active key has signed for long enough; now when its time stamp lies in the future.
Time RotationDue(const KeySetRecord& set, Time now, const RotationSettings& settings);

Decision Decide(const Situation& situation, const RotationSettings& settings);

// Names of connected guards that do not enforce a set with this version yet (a façade replica's own
// name where it names none); empty: all do.
std::vector<std::string> NotAcknowledged(const std::vector<GuardReport>& reports,
                                         std::uint64_t publish_version);

}  // namespace tokenforge::keys
