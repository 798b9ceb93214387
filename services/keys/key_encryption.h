// Key-encryption keys (KEK): what private signing keys and the key set are sealed with at rest.
//
// Whoever reads or writes Redis can neither read a private key nor put one there.
#pragma once

#include "lib/sealing/sealing_keys.h"

namespace tokenforge::keys {

using KeyEncryption = sealing::SealingKeys;
using sealing::Sealed;

}  // namespace tokenforge::keys
