#include "lib/telemetry/random.h"

#include <sys/random.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <bit>
#include <chrono>
#include <cstring>

namespace tokenforge::telemetry {
namespace {

struct Generator {
  std::array<std::uint64_t, 4> state;

  Generator() {
    if (getrandom(state.data(), sizeof(state), 0) != static_cast<ssize_t>(sizeof(state))) {
      // No kernel randomness (a seccomp filter): ids need to differ, not to be secret.
      const auto now = std::chrono::steady_clock::now().time_since_epoch().count();
      state = {static_cast<std::uint64_t>(now), static_cast<std::uint64_t>(getpid()),
               reinterpret_cast<std::uintptr_t>(this), 1};
    }
    state[3] |= 1;  // the all-zero state would stay zero
  }

  std::uint64_t Next() {
    const std::uint64_t result = std::rotl(state[1] * 5, 7) * 9;
    const std::uint64_t shifted = state[1] << 17;
    state[2] ^= state[0];
    state[3] ^= state[1];
    state[1] ^= state[2];
    state[0] ^= state[3];
    state[2] ^= shifted;
    state[3] = std::rotl(state[3], 45);
    return result;
  }
};

}  // namespace

std::uint64_t NextRandom() {
  thread_local Generator generator;
  return generator.Next();
}

void FillRandomId(std::span<std::uint8_t> bytes) {
  do {
    for (std::size_t at = 0; at < bytes.size(); at += sizeof(std::uint64_t)) {
      const std::uint64_t word = NextRandom();
      std::memcpy(bytes.data() + at, &word, std::min(sizeof(word), bytes.size() - at));
    }
  } while (std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; }));
}

void AppendHex(std::span<const std::uint8_t> bytes, std::string* to) {
  static constexpr char kDigits[] = "0123456789abcdef";
  const std::size_t begin = to->size();
  to->resize(begin + 2 * bytes.size());
  char* at = to->data() + begin;
  for (const std::uint8_t byte : bytes) {
    *at++ = kDigits[byte >> 4];
    *at++ = kDigits[byte & 0x0f];
  }
}

}  // namespace tokenforge::telemetry
