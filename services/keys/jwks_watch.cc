#include "services/keys/jwks_watch.h"

#include <grpcpp/support/server_callback.h>

#include <algorithm>
#include <memory>
#include <optional>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/rpc/status.h"
#include "lib/sync/mutex.h"
#include "services/keys/jwks_feed.h"
#include "services/keys/key_keeper.h"
#include "tokenforge/keys/v1/keys.pb.h"

namespace tokenforge::keys {
namespace {

class JwksWatch final : public grpc::ServerWriteReactor<v1::WatchJwksResponse>,
                        public JwksFeed::Watcher,
                        public std::enable_shared_from_this<JwksWatch> {
 public:
  JwksWatch(const KeyKeeper* keeper, JwksFeed* feed, std::uint64_t known_version)
      : keeper_(*keeper), feed_(*feed), version_(known_version) {}

  void Begin() {
    itself_ = shared_from_this();
    if (feed_.Add(itself_)) {
      Proceed();
    } else {
      OnDrain();
    }
  }

  void OnNews() override { Proceed(); }
  void OnDrain() override {
    EndWith(errors::MakeRetryable(errors::reasons::DRAINING,
                                  "this replica is ending; reconnect with the last version",
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
    feed_.Remove(this);
    const std::shared_ptr<JwksWatch> last = std::move(itself_);
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
    const auto set = keeper_.Current();
    const std::uint64_t pulse = feed_.pulse();
    const std::uint64_t version = set == nullptr ? 0 : set->version();
    if (version <= version_ && pulse == pulse_) return Next::kNothing;
    message_.Clear();
    message_.set_version(version);
    // A client that knows a newer set (from a replica that is ahead) keeps it.
    if (version > version_) message_.set_jwks(set->jwks());
    version_ = std::max(version_, version);
    pulse_ = pulse;
    writing_ = true;
    return Next::kWrite;
  }

  const KeyKeeper& keeper_;
  JwksFeed& feed_;
  std::shared_ptr<JwksWatch> itself_;  // until OnDone
  sync::Mutex mutex_;
  std::uint64_t version_ ABSL_GUARDED_BY(mutex_);                    // the client's
  std::uint64_t pulse_ ABSL_GUARDED_BY(mutex_) = ~std::uint64_t{0};  // a first message always goes
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::optional<absl::Status> end_;  // not changed any more once it is set
  v1::WatchJwksResponse message_;    // gRPC's while writing
};

}  // namespace

grpc::ServerWriteReactor<v1::WatchJwksResponse>* WatchJwks(const KeyKeeper* keeper, JwksFeed* feed,
                                                           std::uint64_t known_version) {
  const auto watch = std::make_shared<JwksWatch>(keeper, feed, known_version);
  watch->Begin();
  return watch.get();
}

}  // namespace tokenforge::keys
