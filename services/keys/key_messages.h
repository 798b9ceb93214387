// Keys as the API shows them: never a private part. Pure.
#pragma once

#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "services/keys/guard_report.h"
#include "services/keys/key_set.h"
#include "tokenforge/keys/v1/keys.pb.h"

namespace tokenforge::keys {

v1::SigningKey ToMessage(const KeySet::Key& key);
// The one key of the set in this state; nothing set when there is none.
void PutKey(const KeySet& set, KeyState state, v1::SigningKey* message);

v1::GuardReport ToMessage(const GuardReport& report);
// INVALID_FIELD, with every fault: no facade_id, one over 256 bytes, numbers that cannot be, more
// than 20 guards behind or such a name over 256 bytes.
absl::StatusOr<GuardReport> ReportOf(const v1::ReportGuardsRequest& request, Time now);

// INVALID_FIELD: over 200 bytes.
absl::Status CheckReason(std::string_view reason);

// One page of the set. A page token is the kid that the page before ended with. INVALID_FIELD: a
// negative page_size, or a page_token that is not of this list (keys go; begin again).
absl::Status ListPage(const KeySet& set, const v1::ListKeysRequest& request,
                      v1::ListKeysResponse& response);

}  // namespace tokenforge::keys
