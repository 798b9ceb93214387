// What a refusal by a rate limit says of the limit, beside its reason and when to come back.
//
// It travels as ErrorInfo.metadata (`policy`, `limit`, `remaining`, `reset_seconds`), so that a
// program reads it wherever it reads the reason, and so that the service at the edge can put it
// into headers too. Pure functions, thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "lib/errors/errors.h"

namespace tokenforge::errors {

struct Limit {
  std::string policy;             // such as "login_account"
  std::int64_t limit = 0;         // how many at once
  std::int64_t remaining = 0;     // how many are left now
  std::chrono::seconds reset{0};  // until the limit is whole again

  friend bool operator==(const Limit&, const Limit&) = default;
};

// RATE_LIMITED or ACCOUNT_LOCKED, with RetryInfo.
absl::Status MakeLimited(Reason reason, std::string_view message, const Limit& limit,
                         std::chrono::milliseconds after);

// What an error carries; nothing for an error of another kind, or when a number is none.
std::optional<Limit> LimitOf(const absl::Status& status);

}  // namespace tokenforge::errors
