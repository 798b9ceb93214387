#include "lib/telemetry/sampling.h"

#include <algorithm>
#include <atomic>
#include <cmath>
#include <cstdint>

namespace tokenforge::telemetry {
namespace {

constexpr std::size_t kRandomBytes = 7;
constexpr double kAll = 72057594037927936.0;  // 2^56

// Ids below it are not recorded.
std::atomic<std::uint64_t> least{0};

}  // namespace

void SetRootSampleRatio(double ratio) {
  const double kept = std::isnan(ratio) ? 0 : std::clamp(ratio, 0.0, 1.0);
  least = static_cast<std::uint64_t>(std::llround((1 - kept) * kAll));
}

bool SamplesRoot(const TraceId& trace_id) {
  std::uint64_t random = 0;
  for (std::size_t i = trace_id.size() - kRandomBytes; i < trace_id.size(); ++i) {
    random = random << 8 | trace_id[i];
  }
  return random >= least.load(std::memory_order_relaxed);
}

}  // namespace tokenforge::telemetry
