#include "lib/breaker/circuit.h"

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/breaker/verdict.h"
#include "lib/errors/errors.h"
#include "lib/telemetry/log.h"

namespace tokenforge::breaker {

using std::chrono::milliseconds;
using telemetry::Level;

namespace {

// To come back at once would find the probe under way.
constexpr milliseconds kLeastWait{100};

}  // namespace

Circuit::Circuit(std::string dependency, const CircuitOptions& options, const clock::Clock& clock,
                 OnOpen on_open)
    : dependency_(std::move(dependency)),
      options_(options),
      clock_(clock),
      on_open_(std::move(on_open)),
      open_(telemetry::CircuitOpen(dependency_)),
      breaker_(options.breaker, clock, [this](const Breaker::Change& change) { Tell(change); }) {
  open_.Set(0);
  if (on_open_) on_open_(false, "");
}

absl::StatusOr<Permit> Circuit::Admit() {
  std::optional<Permit> permit = breaker_.Admit();
  if (!permit) return Refusal(breaker_.Wait());
  return *std::move(permit);
}

absl::Status Circuit::Look() const {
  const milliseconds wait = breaker_.Wait();
  return wait.count() == 0 ? absl::OkStatus() : Refusal(wait);
}

void Circuit::Settle(Permit& permit, const absl::Status& status, clock::SteadyTime deadline) const {
  permit.Settle(
      VerdictOf(status, {permit.start(), deadline, clock_.SteadyNow()}, options_.patience));
}

absl::Status Circuit::Refusal(milliseconds wait) const {
  return errors::MakeRetryable(
      errors::reasons::CIRCUIT_OPEN,
      absl::StrCat(dependency_, " has failed too often and is left alone for a while; try again"),
      std::max(wait, kLeastWait));
}

void Circuit::Tell(const Breaker::Change& change) const {
  if (change.state == Breaker::State::kHalfOpen) return;  // until its probe has ended it is open
  const bool open = change.state == Breaker::State::kOpen;
  open_.Set(open ? 1 : 0);
  if (!open) {
    telemetry::Log(Level::kInfo, "circuit closed", {{"dependency", dependency_}});
  } else {
    telemetry::Log(Level::kWarning, "circuit open",
                   {{"dependency", dependency_},
                    {"calls", std::int64_t{change.calls}},
                    {"failed", std::int64_t{change.failed}},
                    {"open_ms", std::int64_t{change.open_for.count()}}});
  }
  if (on_open_) on_open_(open, open ? "its calls failed; refused until a probe goes well" : "");
}

}  // namespace tokenforge::breaker
