// The flags of the rate limits, as a part of the service's configuration.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "services/sessions/rate_limits.h"

namespace tokenforge::config {
class Parser;
}

namespace tokenforge::sessions {

struct RateLimitSettings {
  std::vector<std::string> rate_limit;              // --rate-limit, repeatable
  std::int64_t account_lock_after = 0;              // --account-lock-after
  std::chrono::milliseconds account_lock_min{};     // --account-lock-min
  std::chrono::milliseconds account_lock_max{};     // --account-lock-max
  std::chrono::milliseconds account_lock_forget{};  // --account-lock-forget
};

// Declares the flags, and that every mistake in them is told.
void Declare(config::Parser& parser, RateLimitSettings* settings);

// Of settings without a mistake.
RateLimits RateLimitsOf(const RateLimitSettings& settings);

}  // namespace tokenforge::sessions
