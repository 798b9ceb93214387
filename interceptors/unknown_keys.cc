#include "interceptors/unknown_keys.h"

#include <utility>

#include "absl/hash/hash.h"

namespace tokenforge::internal {

bool UnknownKeys::LookUp(std::string_view kid, std::uint64_t keys_version, clock::SteadyTime now) {
  // The version and the time are part of what is remembered: an entry ends by no longer being
  // found. abseil's hash has a seed that no client knows.
  const auto window = now.time_since_epoch() / kForgetAfter;
  const std::uint64_t hash =
      absl::Hash<std::tuple<std::string_view, std::uint64_t, std::int64_t>>()(
          {kid, keys_version, window}) |
      1;
  std::atomic<std::uint64_t>& slot = in_vain_[(hash >> 8) % in_vain_.size()];
  if (slot.load(std::memory_order_relaxed) == hash || !pause_.Take(now)) return false;
  slot.store(hash, std::memory_order_relaxed);
  return true;
}

}  // namespace tokenforge::internal
