// StreamWatch: ends streaming calls whose access token stops being good while they are open.
//
// Why: a call is checked when it begins; a stream may outlive its token by hours. Each stream of a
// method that needs a token is checked again when its token expires (leeway included) and after
// each change of trust: a revocation of its token, session, user or key, or its key's end.
//
// How it ends: the call is cancelled at once. Its client gets UNAUTHENTICATED with a message that
// names the reason; gRPC sends no error details with a cancellation, so the reason is not there in
// machine-readable form (docs/adr/0013). The handler sees what a cancelled call always shows:
// IsCancelled, OnCancel, reads and writes that fail. The log and the metrics get UNAUTHENTICATED
// and the reason.
//
// Cost: streams are kept in the order of their ends, so time passing costs nothing. A change of
// trust looks at each open stream once, about 0.3 µs each; changes that come faster share a look,
// and looking takes at most a fifth of one thread. Calls that are no streams never come here.
//
// Threading: Add and Remove from any thread, one lock for a few instructions. One thread of its
// own, started with the first stream, sleeps until there is something to do. gRPC may run callbacks
// of a handler on it, as on any of its own.
#pragma once

#include <atomic>
#include <chrono>
#include <map>
#include <memory>
#include <optional>
#include <string_view>
#include <thread>
#include <utility>
#include <vector>

#include "interceptors/token_cache.h"
#include "lib/clock/clock.h"
#include "lib/errors/errors.h"
#include "lib/sync/mutex.h"

struct grpc_call;

namespace tokenforge::internal {

class TokenVerifier;

// One open stream. Shared by its call and the watch, so that neither has to wait for the other.
class OpenStream {
 public:
  // Keeps a reference to the call.
  OpenStream(std::shared_ptr<const VerifiedToken> token, grpc_call* call);
  ~OpenStream();
  OpenStream(const OpenStream&) = delete;
  OpenStream& operator=(const OpenStream&) = delete;

  const VerifiedToken& token() const { return *token_; }
  // Cancels the call, unless that was done before. Harmless when it has ended by itself.
  void End(errors::Reason why);
  // Why the watch ended it, or nothing.
  std::optional<errors::Reason> ended() const;

 private:
  const std::shared_ptr<const VerifiedToken> token_;
  grpc_call* const call_;
  std::atomic<int> ended_ = 0;  // a Reason; 0 is REASON_UNSPECIFIED
};

class StreamWatch {
 public:
  using Stream = std::shared_ptr<OpenStream>;

  // `verifier` outlives the watch; streams that are still open then are let be.
  explicit StreamWatch(const TokenVerifier& verifier);
  ~StreamWatch();
  StreamWatch(const StreamWatch&) = delete;
  StreamWatch& operator=(const StreamWatch&) = delete;

  Stream Add(std::shared_ptr<const VerifiedToken> token, grpc_call* call);
  void Remove(const Stream& stream);
  std::size_t open() const;

 private:
  using Key = std::pair<clock::WallTime, const OpenStream*>;

  void Wake();
  void Loop();
  bool AwaitWork();
  std::vector<Stream> Due(bool all) const;
  std::uint64_t TrustVersion() const;

  const TokenVerifier& verifier_;
  mutable sync::Mutex mutex_;
  sync::CondVar changed_;
  std::map<Key, Stream> by_end_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  bool woken_ ABSL_GUARDED_BY(mutex_) = false;
  std::uint64_t seen_ = 0;                            // the thread's: trust as of the last look
  std::chrono::steady_clock::time_point not_before_;  // the thread's: of the next look
  std::thread thread_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::internal
