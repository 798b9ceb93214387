// Watch: answers a server-streaming method with what leads from the client's state to the newest
// one, for as long as the client listens.
//
// Why: many streams follow one thing that changes (sync::Watched), and a client that reads slowly
// must cost no memory. So a stream keeps no queue: at most one message is on its way, and when the
// client has taken it, `next` makes the next one of whatever there is by then.
//
//   idle ──there is something to say──► writing ──taken──► idle
//     └──────────────┬─────────────────────┘ (a write on its way ends first)
//                    ├─ the process ends, or was ending already: UNAVAILABLE DRAINING, with a delay
//                    └─ the client went away, or a write failed: CANCELLED
//
// The first end stands. What cannot be told yet is nothing to say, never an error.
//
// Threading: news, drain and gRPC's callbacks come together from any thread; gRPC is called without
// the lock. `next` is called by one thread at a time, below the stream's lock: it must neither
// block nor tell what is watched. Ownership: a stream owns itself and `next` until gRPC is done
// with it; what is watched holds it meanwhile, and a round of news that is under way until it has
// passed.
#pragma once

#include <grpcpp/support/server_callback.h>

#include <functional>
#include <memory>
#include <optional>
#include <utility>

#include "absl/status/status.h"
#include "lib/sync/hand_over.h"
#include "lib/sync/mutex.h"
#include "lib/sync/watched.h"

namespace tokenforge::rpc {

// Fills the message, which comes empty, with what the client is to hear next, and takes it as told;
// false when there is nothing to say until there are news.
template <class Response>
using NextMessage = std::function<bool(Response&)>;

namespace internal {

// The states of a stream, for any message.
class WatchStates : public sync::Watched::Watcher,
                    public std::enable_shared_from_this<WatchStates> {
 public:
  explicit WatchStates(sync::Watched* watched) : watched_(*watched) {}

  void Begin();
  void OnNews() final { Proceed(); }
  void OnDrain() final;

 protected:
  void Written(bool ok);
  void Cancelled() { EndWith(absl::CancelledError()); }
  // The last look at this object before gRPC has it: another of its threads may end it at once.
  void Leave() const { sync::HandOver(this); }
  void Done();  // the last thing that is called

 private:
  enum class Step { kNothing, kWrite, kFinish };

  virtual bool Make() = 0;  // below the lock; false: nothing to say
  virtual void Write() = 0;
  virtual void End(const grpc::Status& status) = 0;

  void EndWith(absl::Status end);
  void Proceed();
  Step Decide() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  sync::Watched& watched_;
  std::shared_ptr<WatchStates> itself_;  // until Done
  sync::Mutex mutex_;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> end_;  // not changed any more once it is set
};

template <class Response>
class WatchStream final : public grpc::ServerWriteReactor<Response>, public WatchStates {
 public:
  WatchStream(sync::Watched* watched, NextMessage<Response> next)
      : WatchStates(watched), next_(std::move(next)) {}

  void OnWriteDone(bool ok) override { Written(ok); }
  void OnCancel() override { Cancelled(); }
  void OnDone() override { Done(); }

 private:
  bool Make() override {
    message_.Clear();
    return next_(message_);
  }
  void Write() override {
    Leave();
    this->StartWrite(&message_);
  }
  void End(const grpc::Status& status) override {
    Leave();
    this->Finish(status);
  }

  const NextMessage<Response> next_;
  Response message_;  // gRPC's while writing
};

}  // namespace internal

// Begins a stream; what is watched, and all that `next` refers to, outlives the server.
template <class Response>
grpc::ServerWriteReactor<Response>* Watch(sync::Watched* watched, NextMessage<Response> next) {
  const auto stream = std::make_shared<internal::WatchStream<Response>>(watched, std::move(next));
  stream->Begin();
  return stream.get();
}

}  // namespace tokenforge::rpc
