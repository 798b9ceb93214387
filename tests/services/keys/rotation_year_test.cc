// A year of rotations: at every moment every unexpired token verifies against every key set that a
// guard or an HTTP cache may still hold. See key_world.h for what goes wrong meanwhile.
//
// More years: TOKENFORGE_YEARS=100. One again: TOKENFORGE_YEAR_SEED=17.
#include <gtest/gtest.h>

#include <cstdio>
#include <cstdlib>

#include "lib/telemetry/log.h"
#include "tests/services/keys/key_world.h"

namespace tokenforge::keys {
namespace {

std::uint64_t Setting(const char* name, std::uint64_t fallback) {
  const char* const text = std::getenv(name);
  return text == nullptr ? fallback : std::strtoull(text, nullptr, 10);
}

TEST(RotationYear, EveryUnexpiredTokenVerifiesWithEveryKeySetStillHeld) {
  telemetry::SetLogSink([](telemetry::Level, std::string_view) {});
  const std::uint64_t first = Setting("TOKENFORGE_YEAR_SEED", 1);
  const std::uint64_t years = Setting("TOKENFORGE_YEARS", 1);
  std::map<std::string, long> sums;
  for (std::uint64_t seed = first; seed < first + years; ++seed) {
    KeyWorld world(seed);
    world.LiveUntil(std::chrono::days(365));
    EXPECT_EQ(world.failure, "") << "TOKENFORGE_YEARS=1 TOKENFORGE_YEAR_SEED=" << seed;
    for (const auto& [what, count] : world.counts) sums[what] += count;
  }
  telemetry::SetLogSink({});
  // A year in which little happened would have shown little.
  EXPECT_GT(sums["activations by the rule"], static_cast<long>(40 * years));
  for (const char* what :
       {"checks", "outages", "kills", "kills inside the store", "replicas cut off", "clock steps",
        "rotations by hand", "revocations", "revocations of all", "lost writes"}) {
    EXPECT_GT(sums[what], 0) << what;
  }
  for (const auto& [what, count] : sums) std::printf("%ld %s\n", count, what.c_str());
}

}  // namespace
}  // namespace tokenforge::keys
