// What operators hear when the key set changes: a log line for each key whose state changed, and
// tokenforge_signing_keys{state}. Public parts only. Thread-safe.
#pragma once

#include <string_view>

#include "services/keys/key_set.h"

namespace tokenforge::keys {

// `before` is null at the start: then only the set as a whole is told. `reason` is why, as far as
// this replica knows.
void TellChanges(const KeySet* before, const KeySet& after, std::string_view reason);

}  // namespace tokenforge::keys
