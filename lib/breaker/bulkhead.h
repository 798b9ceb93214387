// Bulkhead: how many calls of one kind may be under way at once, so that a storm of them leaves
// room for all others.
//
//   absl::StatusOr<breaker::Bulkhead::Place> place = logins.Enter();
//   if (!place.ok()) co_return place.status();  // RESOURCE_EXHAUSTED OVERLOADED, nothing was begun
//
// Thread-safe, without a lock. Outlives its places. tokenforge_bulkhead_taken{bulkhead} tells how
// many places are taken.
#pragma once

#include <atomic>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "lib/telemetry/metrics.h"

namespace tokenforge::breaker {

class Bulkhead {
 public:
  // One call's place, given back when it is destroyed. Movable.
  class Place {
   public:
    Place(Place&& other) noexcept : of_(std::exchange(other.of_, nullptr)) {}
    Place& operator=(Place&&) = delete;
    ~Place() {
      if (of_ != nullptr) of_->taken_.fetch_sub(1, std::memory_order_relaxed);
    }

   private:
    friend class Bulkhead;
    explicit Place(Bulkhead* of) : of_(of) {}
    Bulkhead* of_;
  };

  // `name` is what is counted, for the metric and the refusal: "logins".
  Bulkhead(std::string name, int places);

  // OVERLOADED with RetryInfo when every place is taken.
  absl::StatusOr<Place> Enter();

  int taken() const { return taken_.load(std::memory_order_relaxed); }

 private:
  const std::string name_;
  const int places_;
  std::atomic<int> taken_ = 0;
  const telemetry::ObservedGauge under_way_;
};

}  // namespace tokenforge::breaker
