// What an access token must say to be accepted here. Strict by default: there is no way to leave
// the issuer or the audience unchecked, and an empty one is a mistake of configuration, not "any".
//
// An immutable value; thread-safe.
#pragma once

#include <chrono>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tokenforge::jose {

struct PolicyOptions {
  std::string issuer;                  // required; compared exactly with `iss`
  std::vector<std::string> audiences;  // required; `aud` must hold one of them, exactly
  std::chrono::seconds leeway{30};     // for clocks that differ: 0 to 5 min
  std::size_t token_limit = 8 * 1024;  // bytes; at most 8 KiB
};

class ValidationPolicy {
 public:
  static constexpr std::chrono::seconds kMostLeeway{300};
  static constexpr std::size_t kMostTokenBytes = 8 * 1024;

  // INVALID_ARGUMENT naming every mistake: no issuer, no audience, an empty audience, a limit out
  // of range.
  static absl::StatusOr<ValidationPolicy> Create(PolicyOptions options);

  const std::string& issuer() const { return options_.issuer; }
  const std::vector<std::string>& audiences() const { return options_.audiences; }
  std::chrono::seconds leeway() const { return options_.leeway; }
  std::size_t token_limit() const { return options_.token_limit; }

 private:
  explicit ValidationPolicy(PolicyOptions options) : options_(std::move(options)) {}

  PolicyOptions options_;
};

}  // namespace tokenforge::jose
