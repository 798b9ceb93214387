#include "lib/rpc/watch_stream.h"

#include <chrono>

#include "lib/errors/errors.h"
#include "lib/rpc/status.h"

namespace tokenforge::rpc::internal {

void WatchStates::Begin() {
  itself_ = shared_from_this();
  Leave();
  if (watched_.Add(itself_)) {
    Proceed();
  } else {
    OnDrain();
  }
}

void WatchStates::OnDrain() {
  EndWith(errors::MakeRetryable(errors::reasons::DRAINING,
                                "this replica is ending; reconnect and go on where this ended",
                                std::chrono::milliseconds(100)));
}

void WatchStates::Written(bool ok) {
  {
    const sync::MutexLock lock(&mutex_);
    writing_ = false;
    if (!ok && !end_) end_ = absl::CancelledError();
  }
  Proceed();
}

void WatchStates::Done() {
  sync::TakeOver(this);
  watched_.Remove(this);
  sync::HandOver(&watched_);  // to whoever ends it, once the server has shut down
  const std::shared_ptr<WatchStates> last = std::move(itself_);
}

void WatchStates::EndWith(absl::Status end) {
  {
    const sync::MutexLock lock(&mutex_);
    if (!end_) end_ = std::move(end);
  }
  Proceed();
}

// Does the next thing, if it is time for one. gRPC is called without the lock: it may call back.
// Nothing of this object is touched after End.
void WatchStates::Proceed() {
  Step step;
  {
    const sync::MutexLock lock(&mutex_);
    step = Decide();
  }
  if (step == Step::kNothing) Leave();
  if (step == Step::kWrite) Write();
  if (step == Step::kFinish)
    End(absl::IsCancelled(*end_) ? grpc::Status(grpc::StatusCode::CANCELLED, "") : ToGrpc(*end_));
}

WatchStates::Step WatchStates::Decide() {
  if (writing_ || finished_) return Step::kNothing;
  finished_ = end_.has_value();
  if (finished_) return Step::kFinish;
  writing_ = Make();
  return writing_ ? Step::kWrite : Step::kNothing;
}

}  // namespace tokenforge::rpc::internal
