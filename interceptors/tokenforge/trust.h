// Trust: what a guard believes in, which keys and which revocations.
//
// Most servers never touch it: a Guard fills its own from the façade or from a file. A process that
// knows the keys and revocations itself (the façade, a test) makes a Trust, gives it to its guards
// in GuardOptions::trust, and tells it what changes.
//
// Thread-safe. Publishing takes effect at once: whoever asks after a call returned sees it. A key
// that is no longer published is no longer trusted, also for tokens that were verified and
// remembered before.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"

namespace tokenforge {

namespace clock {
class Clock;
}
namespace internal {
class TrustState;
}

// What is refused although it verifies. Exactly one of the four is given.
struct Revocation {
  using Time = std::chrono::system_clock::time_point;
  std::string jti;         // one token
  std::string session_id;  // every token of a session (`sid`)
  std::string subject;     // every token of a user whose `iat` is before `issued_before`
  Time issued_before;      // with `subject` only; counts as the next whole second
  std::string kid;         // every token signed with a key
  Time end_time;           // from then on it no longer matters: what it refuses has expired
};

struct TrustOptions {
  std::size_t max_revocations = 1'000'000;  // beyond it those that end first go, with a log line
  const clock::Clock* clock = nullptr;      // for tests; outlives the Trust
};

class Trust {
 public:
  explicit Trust(const TrustOptions& options = {});
  ~Trust();
  Trust(const Trust&) = delete;
  Trust& operator=(const Trust&) = delete;

  // Replaces the trusted keys by those of a JWK Set (RFC 7517). Members that we do not understand
  // are ignored. Refuses, and goes on with what it has, when the text is no JWK Set or holds no
  // usable key: INVALID_FIELD.
  absl::Status PublishKeys(std::string_view jwks);

  // Adds revocations; those that it has, or that have ended, change nothing.
  void AddRevocations(const std::vector<Revocation>& revocations);
  // The same as a whole: what is not among them is dropped.
  void ReplaceRevocations(const std::vector<Revocation>& revocations);

  // The source is alive and nothing changed. Publishing says so too. Methods marked `fresh` refuse
  // when nobody said so for GuardOptions::fresh_within.
  void Confirm();

  bool HasKeys() const;
  std::size_t LiveRevocations() const;
  std::chrono::nanoseconds Age() const;  // since the source was last heard; the maximum when never

  internal::TrustState& state() const { return *state_; }  // for the guard

 private:
  std::unique_ptr<internal::TrustState> state_;
};

}  // namespace tokenforge
