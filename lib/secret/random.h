// Randomness that nobody can guess, from OpenSSL's generator (per thread, seeded by the kernel,
// safe across fork).
//
// Thread-safe. There is no error to handle: a machine whose generator fails can make neither keys
// nor tokens, and a process that went on with weak ones would be worse than none, so it ends with a
// message on standard error.
#pragma once

#include <cstddef>
#include <span>
#include <string>

#include "lib/secret/secret.h"

namespace tokenforge::secret {

// Fills a buffer with random bytes.
void Fill(std::span<unsigned char> bytes);

// `count` random bytes, for values that will be public: IDs, nonces, salts.
std::string RandomBytes(std::size_t count);

// `count` random bytes that stay secret: keys, single-use tokens.
Secret RandomSecret(std::size_t count);

}  // namespace tokenforge::secret
