// The limit of one session's refreshes (policy refresh_session), in the step that decides on the
// token: a runaway client spends its own session's attempts and nobody else's time.
//
// Why not a call of its own: it would double the round trips of the commonest request, and a limit
// taken apart from the decision could hide a theft or burn a token. The order is fixed:
//   - Theft is decided first, and always: an empty bucket never hides it. (Draining the bucket
//   would
//     otherwise be the way to replay unnoticed.)
//   - What has ended, and another client's token, takes nothing: there is no state to keep for the
//     one, and a stranger must not spend the owner's attempts.
//   - What is left — rotated, repeated, superseded — costs one attempt. None left: kLimited, and
//   the
//     lineage stays as it was; the same token does later.
// So an answer that was lost and asked for again costs two, and a client that asks for the same
// successor a hundred times at once gets it ten times.
//
// Pure, thread-safe. The script on Redis does the same; a contract suite holds the two together.
#pragma once

#include <cstdint>

#include "services/sessions/session_rules.h"
#include "services/sessions/token_bucket.h"

namespace tokenforge::sessions {

// What a caller that was refused is told.
struct Attempts {
  std::int64_t remaining = 0;  // whole ones
  Span retry_after{};          // until there is one
  Span whole_after{};          // until all are back
  friend bool operator==(const Attempts&, const Attempts&) = default;
};

// As Decide, within the policy's refresh_limit if it has one. `bucket` is the session's; a fresh
// one is full. On kLimited `refused` is set.
Verdict DecideWithinLimit(Lineage& lineage, TokenBucket& bucket, uint32_t generation, Time now,
                          TwoClocks clocks, const Policy& policy, Attempts* refused);

}  // namespace tokenforge::sessions
