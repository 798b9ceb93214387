#include "lib/secret/random.h"

#include <openssl/rand.h>

#include <algorithm>
#include <climits>
#include <cstdio>
#include <cstdlib>
#include <utility>

namespace tokenforge::secret {

void Fill(std::span<unsigned char> bytes) {
  while (!bytes.empty()) {
    const auto part = bytes.first(std::min<std::size_t>(bytes.size(), INT_MAX));
    if (RAND_bytes(part.data(), static_cast<int>(part.size())) != 1) {
      std::fputs("tokenforge: the random generator failed; no key or token can be made safely\n",
                 stderr);
      std::abort();
    }
    bytes = bytes.subspan(part.size());
  }
}

std::string RandomBytes(std::size_t count) {
  std::string bytes(count, '\0');
  Fill({reinterpret_cast<unsigned char*>(bytes.data()), bytes.size()});
  return bytes;
}

Secret RandomSecret(std::size_t count) { return Secret::Take(RandomBytes(count)); }

}  // namespace tokenforge::secret
