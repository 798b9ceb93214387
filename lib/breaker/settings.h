// The settings of every circuit of a process, with the contract's numbers as defaults.
#pragma once

#include <cstdint>

#include "lib/breaker/circuit.h"

namespace tokenforge::config {
class Parser;
}

namespace tokenforge::breaker {

// A plain struct, filled by config::Parser before anything opens, and read-only afterwards.
struct Settings {
  std::chrono::milliseconds window{10'000};     // --circuit-window
  std::int64_t min_calls = 10;                  // --circuit-min-calls
  std::int64_t failed_percent = 50;             // --circuit-failed-percent
  std::chrono::milliseconds open_time{30'000};  // --circuit-open-time
};

// Declares them, in a group of their own.
void Declare(config::Parser& parser, Settings* settings);

CircuitOptions OptionsOf(const Settings& settings);

}  // namespace tokenforge::breaker
