// TrustState: what stands behind a Trust: the keys, the revocations, and when their source was last
// heard.
//
// Every change makes a new version. Whoever found a token good at one version need not look again
// until there is another. Changes are made first and counted afterwards, so nobody can find a token
// good at a version that refuses it.
//
// Thread-safe. version() is one atomic load; keys() takes a lock to copy a pointer.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <string_view>
#include <vector>

#include "interceptors/revocation_set.h"
#include "lib/clock/agreed_clock.h"
#include "lib/jose/jwk_set.h"
#include "lib/sync/mutex.h"
#include "tokenforge/trust.h"

namespace tokenforge::internal {

// One change of trust, as a source hears of it.
struct TrustUpdate {
  std::string_view jwks;                // empty: the keys stay
  std::vector<Revocation> revocations;  // added to those that are known
};

class TrustState {
 public:
  explicit TrustState(const TrustOptions& options);

  // Revocations first, then keys. INVALID_FIELD: the keys cannot be used, so the last ones stay,
  // and the source does not count as heard.
  absl::Status Apply(const TrustUpdate& update);
  absl::Status PublishKeys(std::string_view jwks);
  void AddRevocations(const std::vector<Revocation>& revocations);
  void ReplaceRevocations(const std::vector<Revocation>& revocations);
  void Confirm();

  std::uint64_t version() const { return version_.load(std::memory_order_acquire); }
  // The same for the keys alone.
  std::uint64_t keys_version() const { return keys_version_.load(std::memory_order_acquire); }
  std::shared_ptr<const jose::JwkSet> keys() const;  // null before the first were published
  const RevocationSet& revocations() const { return revocations_; }
  std::chrono::nanoseconds Age() const;
  // The machine's clock, unless its source overrules it (lib/clock/agreed_clock.h).
  const clock::Clock& clock() const { return clock_; }
  // What the source says the time is, now. Returns how far our machine's clock is ahead of it.
  std::chrono::nanoseconds HearTime(clock::WallTime theirs);
  // The source will say the time. Until it does, no revocation counts as ended: a guard that starts
  // under a clock that is ahead would drop those that matter.
  void ExpectTime() { time_awaited_.store(true); }
  bool WaitForKeys(std::chrono::steady_clock::time_point deadline) const;

  // `listener` is called after each change and each sign of life of the source, on the thread that
  // brought it: it must be quick and must not touch the trust. Once Forget has returned it is not
  // called any more. `who` tells listeners apart.
  void Listen(const void* who, std::function<void()> listener) const;
  void Forget(const void* who) const;

 private:
  clock::WallTime TimeOfRevocations() const {
    return time_awaited_.load() ? clock::WallTime::min() : clock_.Now();
  }
  void Changed() { version_.fetch_add(1, std::memory_order_release); }
  void TellListeners() const;
  void SetKeys(jose::JwkSet keys);
  void Heard();
  void MarkHeard();
  void WarnOfDropped();

  const clock::Clock& machine_;
  clock::AgreedClock agreed_;
  const clock::Clock& clock_;
  RevocationSet revocations_;
  std::atomic<bool> time_awaited_ = false;
  std::atomic<std::uint64_t> version_ = 1;
  std::atomic<std::uint64_t> keys_version_ = 0;
  std::atomic<std::uint64_t> reported_drops_ = 0;
  // Steady time in its own units; the least value while nothing was heard.
  std::atomic<clock::SteadyTime::rep> heard_ = std::numeric_limits<clock::SteadyTime::rep>::min();
  mutable sync::Mutex mutex_;
  mutable sync::CondVar published_;
  std::shared_ptr<const jose::JwkSet> keys_ ABSL_GUARDED_BY(mutex_);
  mutable sync::Mutex listening_;
  mutable std::map<const void*, std::function<void()>> listeners_ ABSL_GUARDED_BY(listening_);
};

}  // namespace tokenforge::internal
