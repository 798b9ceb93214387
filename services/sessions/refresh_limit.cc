#include "services/sessions/refresh_limit.h"

#include <utility>

namespace tokenforge::sessions {
namespace {

bool Costs(Verdict verdict) {
  return verdict == Verdict::kRotated || verdict == Verdict::kRepeated ||
         verdict == Verdict::kSuperseded;
}

}  // namespace

Verdict DecideWithinLimit(Lineage& lineage, TokenBucket& bucket, uint32_t generation, Time now,
                          TwoClocks clocks, const Policy& policy, Attempts* refused) {
  Lineage decided = lineage;
  const Verdict verdict = Decide(decided, generation, now, policy);
  if (policy.refresh_limit && Costs(verdict)) {
    const TokenPolicy& limit = *policy.refresh_limit;
    Refill(bucket, limit, clocks);
    if (!Holds(bucket, limit, 1)) {
      *refused = {Remaining(bucket, limit), UntilHolds(bucket, limit, 1, clocks),
                  UntilFull(bucket, limit, clocks)};
      return Verdict::kLimited;
    }
    Spend(bucket, limit, 1, clocks);
  }
  lineage = std::move(decided);
  return verdict;
}

}  // namespace tokenforge::sessions
