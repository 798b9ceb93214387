// Circuit: one dependency of this process behind its Breaker, seen from outside: its refusals as
// errors, tokenforge_circuit_open{dependency}, one log line each time it opens or closes, and
// whoever else wants to know (readiness).
//
//   absl::StatusOr<breaker::Permit> permit = circuit.Admit();
//   if (!permit.ok()) return permit.status();   // UNAVAILABLE CIRCUIT_OPEN, at once
//   …call…
//   circuit.Settle(*permit, status, deadline);
//
// Thread-safe. Outlives its permits, so whatever calls the dependency.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/breaker/breaker.h"
#include "lib/telemetry/metrics.h"

namespace tokenforge::breaker {

// What every circuit of a process is configured with (settings.h).
struct CircuitOptions {
  Breaker::Options breaker = {};
  // A call that ran out of less time than this says nothing about the dependency.
  std::chrono::milliseconds patience{1000};
};

class Circuit {
 public:
  // Told at once that it is not open, and then of each change, in order and under a lock: quick.
  // `detail` is for people.
  using OnOpen = std::function<void(bool open, std::string_view detail)>;

  // `dependency` is the metric's label, a constant of ours. The clock outlives this.
  Circuit(std::string dependency, const CircuitOptions& options, const clock::Clock& clock,
          OnOpen on_open = nullptr);

  // UNAVAILABLE CIRCUIT_OPEN with RetryInfo until the next probe.
  absl::StatusOr<Permit> Admit();

  // What Admit would say now, without a permit: OK or CIRCUIT_OPEN. For whoever would begin several
  // steps only to fail at a later one.
  absl::Status Look() const;

  // What the end of a call says (verdict.h). `deadline` is the one that it was given.
  void Settle(Permit& permit, const absl::Status& status, clock::SteadyTime deadline) const;

  const std::string& dependency() const { return dependency_; }

 private:
  absl::Status Refusal(std::chrono::milliseconds wait) const;
  void Tell(const Breaker::Change& change) const;

  const std::string dependency_;
  const CircuitOptions options_;
  const clock::Clock& clock_;
  const OnOpen on_open_;
  const telemetry::Gauge open_;
  Breaker breaker_;
};

}  // namespace tokenforge::breaker
