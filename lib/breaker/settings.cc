#include "lib/breaker/settings.h"

#include "lib/config/config.h"

namespace tokenforge::breaker {

using std::chrono::milliseconds;
using std::chrono::minutes;

void Declare(config::Parser& parser, Settings* settings) {
  const Settings defaults;
  parser.Group("Dependencies that fail");
  parser.Duration("circuit-window", &settings->window, defaults.window,
                  "the calls of how long decide whether a dependency is left alone",
                  milliseconds(100), minutes(10));
  parser.Integer("circuit-min-calls", &settings->min_calls, defaults.min_calls,
                 "how many of them there must be at least", 1, 1'000'000);
  parser.Integer("circuit-failed-percent", &settings->failed_percent, defaults.failed_percent,
                 "more than this share of them failed: it is left alone, and its callers are "
                 "refused with CIRCUIT_OPEN",
                 1, 99);
  parser.Duration("circuit-open-time", &settings->open_time, defaults.open_time,
                  "for how long, until one call is let through to see whether it is back",
                  milliseconds(10), minutes(10));
}

CircuitOptions OptionsOf(const Settings& settings) {
  return {.breaker = {.window = settings.window,
                      .min_calls = static_cast<int>(settings.min_calls),
                      .failed_percent = static_cast<int>(settings.failed_percent),
                      .open_time = settings.open_time}};
}

}  // namespace tokenforge::breaker
