#include "lib/breaker/bulkhead.h"

#include <chrono>

#include "absl/strings/str_cat.h"
#include "lib/errors/errors.h"

namespace tokenforge::breaker {
namespace {

constexpr std::chrono::milliseconds kRetryAfter{500};

telemetry::Gauge Taken(const std::string& name) {
  return telemetry::GaugeFamily("tokenforge_bulkhead_taken",
                                "Calls under way of a kind that is bounded", {"bulkhead"})
      .With({name});
}

}  // namespace

Bulkhead::Bulkhead(std::string name, int places)
    : name_(std::move(name)),
      places_(places),
      under_way_(Taken(name_), [this] { return static_cast<double>(taken()); }) {}

absl::StatusOr<Bulkhead::Place> Bulkhead::Enter() {
  if (taken_.fetch_add(1, std::memory_order_relaxed) < places_) return Place(this);
  taken_.fetch_sub(1, std::memory_order_relaxed);
  return errors::MakeRetryable(
      errors::reasons::OVERLOADED,
      absl::StrCat("as many ", name_, " as this server takes at once are under way; try again"),
      kRetryAfter);
}

}  // namespace tokenforge::breaker
