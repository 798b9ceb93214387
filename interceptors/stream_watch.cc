#include "interceptors/stream_watch.h"

#include <grpc/grpc.h>
#include <time.h>

#include <algorithm>
#include <string>

#include "interceptors/token_verifier.h"
#include "lib/telemetry/log.h"

namespace tokenforge::internal {
namespace {

using Steady = std::chrono::steady_clock;

// How long the thread sleeps at most while streams are open: the wall clock may have been set.
constexpr std::chrono::seconds kLongestSleep{30};

// What this thread has used of a processor: a busy machine must not make looks rarer.
std::chrono::nanoseconds UsedByThisThread() {
  timespec used{};
  clock_gettime(CLOCK_THREAD_CPUTIME_ID, &used);
  return std::chrono::seconds(used.tv_sec) + std::chrono::nanoseconds(used.tv_nsec);
}

}  // namespace

OpenStream::OpenStream(std::shared_ptr<const VerifiedToken> token, grpc_call* call)
    : token_(std::move(token)), call_(call) {
  if (call_ != nullptr) grpc_call_ref(call_);
}

OpenStream::~OpenStream() {
  if (call_ != nullptr) grpc_call_unref(call_);
}

void OpenStream::End(errors::Reason why) {
  int open = 0;
  // The reason first: whoever sees the call cancelled finds out why.
  if (!ended_.compare_exchange_strong(open, static_cast<int>(why)) || call_ == nullptr) return;
  const std::string message =
      "the access token of this stream is no longer good: " + errors::v1::Reason_Name(why);
  grpc_call_cancel_with_status(call_, GRPC_STATUS_UNAUTHENTICATED, message.c_str(), nullptr);
}

std::optional<errors::Reason> OpenStream::ended() const {
  const int why = ended_.load();
  if (why == 0) return std::nullopt;
  return static_cast<errors::Reason>(why);
}

StreamWatch::StreamWatch(const TokenVerifier& verifier) : verifier_(verifier) {
  for (const IssuerTrust& issuer : verifier_.issuers()) {
    issuer.trust->state().Listen(this, [this] { Wake(); });
  }
}

StreamWatch::~StreamWatch() {
  for (const IssuerTrust& issuer : verifier_.issuers()) issuer.trust->state().Forget(this);
  std::thread thread;
  {
    sync::MutexLock lock(&mutex_);
    stopping_ = true;
    changed_.NotifyAll();
    thread = std::move(thread_);
  }
  if (thread.joinable()) thread.join();
}

StreamWatch::Stream StreamWatch::Add(std::shared_ptr<const VerifiedToken> token, grpc_call* call) {
  const clock::WallTime end = verifier_.EndOf(*token);
  auto stream = std::make_shared<OpenStream>(std::move(token), call);
  {
    sync::MutexLock lock(&mutex_);
    by_end_.emplace(Key{end, stream.get()}, stream);
    // Also when this one is the next to end.
    if (by_end_.begin()->second == stream) {
      woken_ = true;
      changed_.NotifyAll();
    }
    if (!thread_.joinable() && !stopping_) thread_ = std::thread([this] { Loop(); });
  }
  // What changed between its verification and now is seen by nobody else.
  if (const auto why = verifier_.WhyNoLonger(stream->token())) stream->End(*why);
  return stream;
}

void StreamWatch::Remove(const Stream& stream) {
  const Key key{verifier_.EndOf(stream->token()), stream.get()};
  sync::MutexLock lock(&mutex_);
  by_end_.erase(key);
}

std::size_t StreamWatch::open() const {
  sync::MutexLock lock(&mutex_);
  return by_end_.size();
}

void StreamWatch::Wake() {
  sync::MutexLock lock(&mutex_);
  if (by_end_.empty()) return;  // whoever comes is checked when they come
  woken_ = true;
  changed_.NotifyAll();
}

std::uint64_t StreamWatch::TrustVersion() const {
  std::uint64_t sum = 0;  // of numbers that only grow
  for (const IssuerTrust& issuer : verifier_.issuers()) sum += issuer.trust->state().version();
  return sum;
}

void StreamWatch::Loop() {
  while (AwaitWork()) {
    const std::chrono::nanoseconds begin = UsedByThisThread();
    const std::uint64_t version = TrustVersion();
    std::vector<std::pair<Stream, errors::Reason>> ending;
    for (Stream& stream : Due(version != seen_)) {
      if (stream->ended()) {
        Remove(stream);
        continue;
      }
      const auto why = verifier_.WhyNoLonger(stream->token());
      if (why) ending.emplace_back(std::move(stream), *why);
    }
    seen_ = version;
    for (auto& [stream, why] : ending) {
      Remove(stream);
      stream->End(why);
    }
    if (!ending.empty()) {
      telemetry::Log(telemetry::Level::kInfo, "streams ended whose tokens are no longer good",
                     {{"streams", ending.size()}});
    }
    not_before_ = Steady::now() + 4 * (UsedByThisThread() - begin);
  }
}

// Until something changed or the next stream ends, and then at least until the last look has been
// paid for. False when the watch is to stop.
bool StreamWatch::AwaitWork() {
  sync::MutexLock lock(&mutex_);
  const auto due = [&]() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (by_end_.empty()) return Steady::time_point::max();
    const auto left = by_end_.begin()->first.first - verifier_.clock().Now();
    return Steady::now() +
           std::clamp<std::chrono::nanoseconds>(left, std::chrono::nanoseconds(0), kLongestSleep);
  };
  for (Steady::time_point until = due(); !stopping_ && !woken_ && Steady::now() < until;
       until = std::min(until, due())) {
    if (until == Steady::time_point::max()) {
      changed_.Wait(&mutex_);
    } else {
      changed_.WaitUntil(&mutex_, until);
    }
  }
  while (!stopping_ && Steady::now() < not_before_) changed_.WaitUntil(&mutex_, not_before_);
  woken_ = false;
  return !stopping_;
}

// Those to look at: all of them after a change of trust, else those whose time has come.
std::vector<StreamWatch::Stream> StreamWatch::Due(bool all) const {
  const clock::WallTime now = verifier_.clock().Now();
  std::vector<Stream> due;
  sync::MutexLock lock(&mutex_);
  if (all) due.reserve(by_end_.size());
  for (const auto& [key, stream] : by_end_) {
    if (!all && key.first > now) break;
    due.push_back(stream);
  }
  return due;
}

}  // namespace tokenforge::internal
