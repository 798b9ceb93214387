#include "services/sessions/revocation_watch.h"

#include <grpcpp/support/server_callback.h>

#include <memory>
#include <optional>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/rpc/status.h"
#include "lib/sync/hand_over.h"
#include "lib/sync/mutex.h"
#include "services/sessions/revocation_feed.h"
#include "services/sessions/session_messages.h"
#include "tokenforge/sessions/v1/sessions.pb.h"

namespace tokenforge::sessions {
namespace {

constexpr size_t kLargestMessage = 2000;  // revocations: far below gRPC's limit of 4 MiB

class RevocationWatch final : public grpc::ServerWriteReactor<v1::WatchRevocationsResponse>,
                              public RevocationFeed::Watcher,
                              public std::enable_shared_from_this<RevocationWatch> {
 public:
  RevocationWatch(RevocationFeed* feed, std::string cursor)
      : feed_(*feed), cursor_(std::move(cursor)) {}

  void Begin() {
    itself_ = shared_from_this();
    sync::HandOver(this);
    if (feed_.Add(itself_)) {
      Proceed();
    } else {
      OnDrain();
    }
  }

  void OnNews() override { Proceed(); }
  void OnDrain() override {
    EndWith(errors::MakeRetryable(errors::reasons::DRAINING,
                                  "this replica is ending; reconnect with the last cursor",
                                  std::chrono::milliseconds(100)));
  }
  void OnCancel() override { EndWith(absl::CancelledError()); }
  void OnWriteDone(bool ok) override {
    {
      const sync::MutexLock lock(&mutex_);
      writing_ = false;
      if (!ok && !end_) end_ = absl::CancelledError();
    }
    Proceed();
  }
  void OnDone() override {
    sync::TakeOver(this);
    feed_.Remove(this);
    const std::shared_ptr<RevocationWatch> last = std::move(itself_);
  }

 private:
  enum class Next { kNothing, kWrite, kFinish };

  void EndWith(absl::Status end) {
    {
      const sync::MutexLock lock(&mutex_);
      if (!end_) end_ = std::move(end);
    }
    Proceed();
  }

  // Does the next thing, if it is time for one. gRPC is called without the lock: it may call back.
  // Nothing of this object is touched after Finish.
  void Proceed() {
    Next next;
    {
      const sync::MutexLock lock(&mutex_);
      next = Decide();
    }
    sync::HandOver(this);
    if (next == Next::kWrite) StartWrite(&message_);
    if (next == Next::kFinish)
      Finish(end_->code() == absl::StatusCode::kCancelled
                 ? grpc::Status(grpc::StatusCode::CANCELLED, "")
                 : rpc::ToGrpc(*end_));
  }

  Next Decide() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_) {
    if (writing_ || finished_) return Next::kNothing;
    if (end_) {
      finished_ = true;
      return Next::kFinish;
    }
    std::optional<RevocationFeed::News> news = feed_.Since(cursor_, kLargestMessage);
    if (!news || (news->revocations.empty() && news->pulse == pulse_)) return Next::kNothing;
    message_.Clear();
    message_.set_snapshot(news->snapshot);
    PutAll(news->revocations, message_.mutable_revocations());
    message_.set_cursor(news->cursor);
    cursor_ = std::move(news->cursor);
    pulse_ = news->pulse;
    writing_ = true;
    return Next::kWrite;
  }

  RevocationFeed& feed_;
  std::shared_ptr<RevocationWatch> itself_;  // until OnDone
  sync::Mutex mutex_;
  std::string cursor_ ABSL_GUARDED_BY(mutex_);
  uint64_t pulse_ ABSL_GUARDED_BY(mutex_) =
      0;  // the feed's begins at 1: the first message always goes
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> end_;       // not changed any more once it is set
  v1::WatchRevocationsResponse message_;  // gRPC's while writing
};

}  // namespace

grpc::ServerWriteReactor<v1::WatchRevocationsResponse>* WatchRevocations(RevocationFeed* feed,
                                                                         std::string cursor) {
  const auto watch = std::make_shared<RevocationWatch>(feed, std::move(cursor));
  watch->Begin();
  return watch.get();
}

}  // namespace tokenforge::sessions
