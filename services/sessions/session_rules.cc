#include "services/sessions/session_rules.h"

#include <algorithm>

namespace tokenforge::sessions {
namespace {

// The newest becomes `generation + 1`. When the store had lost some (generation beyond what it
// knows), all those in between count as superseded now, so that a client that lags a little is not
// called a thief.
void MoveOn(Lineage& lineage, uint32_t generation, Time now, const Policy& policy) {
  std::erase_if(lineage.moves, [&](Time moved) { return now - moved >= policy.grace; });
  const uint32_t steps = generation - lineage.generation + 1;
  lineage.moves.insert(lineage.moves.end(), std::min<size_t>(steps, kMostMoves), now);
  if (lineage.moves.size() > kMostMoves) {
    lineage.moves.erase(lineage.moves.begin(), lineage.moves.end() - kMostMoves);
  }
  lineage.generation = generation + 1;
}

}  // namespace

Time EndOf(const Lineage& lineage, const Policy& policy) {
  return std::min(lineage.created + policy.absolute_life, lineage.last_used() + policy.idle_life);
}

Verdict Decide(Lineage& lineage, uint32_t generation, Time now, const Policy& policy) {
  if (HasEnded(lineage, now, policy)) return Verdict::kEnded;
  if (generation >= lineage.generation) {
    MoveOn(lineage, generation, now, policy);
    return Verdict::kRotated;
  }
  const size_t behind = lineage.generation - generation;  // 1: the immediate predecessor
  // Replay after the grace is theft, whoever comes second: thief or owner.
  if (behind > lineage.moves.size()) {
    const Span late = lineage.last_used() - now;
    return late > Span(0) && late <= kOvertakenWithin ? Verdict::kSuperseded : Verdict::kReused;
  }
  const Time superseded = lineage.moves[lineage.moves.size() - behind];
  if (now - superseded >= policy.grace) return Verdict::kReused;
  return behind == 1 ? Verdict::kRepeated : Verdict::kSuperseded;
}

Staleness StalenessOf(const Lineage& lineage, uint32_t generation, Time now) {
  const uint32_t behind = lineage.generation - generation;
  if (lineage.moves.empty()) return {behind, Span(0), false};
  const bool known = behind <= lineage.moves.size();
  const Time superseded = known ? lineage.moves[lineage.moves.size() - behind]  //
                                : lineage.moves.front();
  return {behind, std::max(Span(0), now - superseded), known};
}

std::vector<std::string> FaultsOf(const Policy& policy) {
  std::vector<std::string> faults;
  const auto want = [&](bool holds, const char* fault) {
    if (!holds) faults.emplace_back(fault);
  };
  want(policy.grace >= Span(0) && policy.grace <= std::chrono::minutes(5),
       "the refresh grace is between 0 (strict) and 5m");
  want(policy.idle_life > policy.grace, "the idle life is longer than the refresh grace");
  want(policy.absolute_life >= policy.idle_life,
       "the absolute life is not shorter than the idle life");
  want(policy.absolute_life <= std::chrono::days(400), "the absolute life is at most 400d");
  want(policy.access_life > Span(0) && policy.access_life <= std::chrono::hours(24),
       "the life of access tokens is between 1ms and 24h");
  want(policy.leeway >= Span(0) && policy.leeway <= std::chrono::minutes(5),
       "the leeway is between 0 and 5m");
  want(policy.max_sessions >= 1 && policy.max_sessions <= 50,
       "the most sessions of a user are between 1 and 50");
  return faults;
}

}  // namespace tokenforge::sessions
