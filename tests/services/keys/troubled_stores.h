// The stores as one replica meets them in bad weather: refused, answered too late, cut off, or the
// last thing that the replica did. And a wall clock that somebody sets.
#pragma once

#include <chrono>
#include <random>
#include <utility>
#include <vector>

#include "lib/errors/errors.h"
#include "services/keys/guard_report_store.h"
#include "services/keys/key_store.h"
#include "services/keys/rotation.h"
#include "tests/lib/redis/ask.h"

namespace tokenforge::keys {

// Thrown where a replica dies: before or after an operation of the store took effect.
struct Killed {};

enum class Trouble { kNone, kRefused, kAnswerLost, kKilledBefore, kKilledAfter };

struct Weather {
  std::mt19937_64* random;
  bool away = false;  // cut off from the store
  int per_mille = 0;  // of operations that end in some trouble

  Trouble Next() {
    if (away) return Trouble::kRefused;
    if (static_cast<int>((*random)() % 1000) >= per_mille) return Trouble::kNone;
    constexpr Trouble kKinds[] = {Trouble::kRefused, Trouble::kAnswerLost, Trouble::kKilledBefore,
                                  Trouble::kKilledAfter};
    return kKinds[(*random)() % 4];
  }
};

// Runs `operation` (which returns a task) as the weather lets it.
template <class T, class Operation>
async::Task<T> InWeather(Weather& weather, const Operation& operation) {
  const auto refused = []() -> async::Task<T> {
    co_return T(errors::MakeRetryable(errors::reasons::DEPENDENCY_DOWN, "the key store is away",
                                      std::chrono::milliseconds(1000)));
  };
  const Trouble trouble = weather.Next();
  if (trouble == Trouble::kNone) return operation();
  if (trouble == Trouble::kKilledBefore) throw Killed();
  if (trouble == Trouble::kAnswerLost || trouble == Trouble::kKilledAfter) {
    (void)fakes::Finish(operation()).ok();
  }
  if (trouble == Trouble::kKilledAfter) throw Killed();
  return refused();
}

class TroubledKeyStore final : public KeyStore {
 public:
  TroubledKeyStore(KeyStore& store, Weather& weather) : store_(store), weather_(weather) {}
  async::Task<absl::StatusOr<std::optional<StoredValue>>> Read(clock::SteadyTime at) override {
    return InWeather<absl::StatusOr<std::optional<StoredValue>>>(weather_,
                                                                 [&] { return store_.Read(at); });
  }
  async::Task<absl::StatusOr<bool>> Replace(std::uint64_t expected, StoredValue next,
                                            clock::SteadyTime at) override {
    return InWeather<absl::StatusOr<bool>>(
        weather_, [&] { return store_.Replace(expected, std::move(next), at); });
  }

 private:
  KeyStore& store_;
  Weather& weather_;
};

class TroubledReportStore final : public GuardReportStore {
 public:
  using Reports = absl::StatusOr<std::vector<GuardReport>>;
  TroubledReportStore(GuardReportStore& store, Weather& weather)
      : store_(store), weather_(weather) {}
  async::Task<Reports> Report(GuardReport report, clock::SteadyTime at) override {
    return InWeather<Reports>(weather_, [&] { return store_.Report(std::move(report), at); });
  }
  async::Task<Reports> Read(clock::SteadyTime at) override {
    return InWeather<Reports>(weather_, [&] { return store_.Read(at); });
  }

 private:
  GuardReportStore& store_;
  Weather& weather_;
};

// The world's time, on a wall clock that is off by `offset`.
class OffClock final : public clock::Clock {
 public:
  explicit OffClock(const Span* world) : world_(*world) {}
  clock::WallTime Now() const override {
    return clock::WallTime(std::chrono::seconds(1'800'000'000) + world_ + offset);
  }
  clock::SteadyTime SteadyNow() const override {
    return clock::SteadyTime(std::chrono::hours(1) + world_);
  }
  Span offset{0};

 private:
  const Span& world_;
};

}  // namespace tokenforge::keys
