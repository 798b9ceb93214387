// Keys as the API shows them: never a private part. Pure.
#pragma once

#include "absl/status/status.h"
#include "services/keys/key_set.h"
#include "tokenforge/keys/v1/keys.pb.h"

namespace tokenforge::keys {

v1::SigningKey ToMessage(const KeySet::Key& key);

// One page of the set. A page token is the kid that the page before ended with. INVALID_FIELD: a
// negative page_size, or a page_token that is not of this list (keys go; begin again).
absl::Status ListPage(const KeySet& set, const v1::ListKeysRequest& request,
                      v1::ListKeysResponse& response);

}  // namespace tokenforge::keys
