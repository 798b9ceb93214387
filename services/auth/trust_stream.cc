#include "services/auth/trust_stream.h"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/server_context.h>
#include <grpcpp/support/byte_buffer.h>
#include <grpcpp/support/server_callback.h>

#include <chrono>
#include <memory>
#include <optional>
#include <string>
#include <utility>

#include "absl/status/statusor.h"
#include "lib/errors/errors.h"
#include "lib/rpc/status.h"
#include "lib/sync/hand_over.h"
#include "lib/sync/mutex.h"
#include "services/auth/guard_registry.h"
#include "services/auth/guard_requests.h"
#include "services/auth/trust_fan_out.h"
#include "services/auth/trust_hub.h"
#include "tokenforge/auth/v1/trust.pb.h"
#include "tokenforge/caller.h"

namespace tokenforge::auth {
namespace {

namespace reasons = errors::reasons;

constexpr std::size_t kMaxRequestBytes = 1024;
constexpr std::chrono::milliseconds kAfterDraining{100};
constexpr std::chrono::milliseconds kAfterFull{5000};

absl::Status Draining() {
  return errors::MakeRetryable(
      reasons::DRAINING, "this replica is ending: reconnect with the last cursor", kAfterDraining);
}

absl::Status AdmissionOf(TrustFanOut::Admission admission) {
  switch (admission) {
    case TrustFanOut::Admission::kAdmitted:
      return absl::OkStatus();
    case TrustFanOut::Admission::kDraining:
      return Draining();
    case TrustFanOut::Admission::kFull:
      return errors::MakeRetryable(reasons::OVERLOADED,
                                   "this replica has as many guards as it can serve: try another",
                                   kAfterFull);
  }
  return Draining();
}

absl::StatusOr<v1::WatchTrustRequest> Parse(grpc::ByteBuffer& bytes) {
  v1::WatchTrustRequest request;
  const bool fits = bytes.Length() <= kMaxRequestBytes;
  if (!fits ||
      !grpc::SerializationTraits<v1::WatchTrustRequest>::Deserialize(&bytes, &request).ok()) {
    return errors::InvalidFields(
        {{"message", "must be a WatchTrustRequest of at most 1024 bytes"}});
  }
  return request;
}

class TrustStream final : public grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>,
                          public FeedStream,
                          public std::enable_shared_from_this<TrustStream> {
 public:
  TrustStream(const TrustFeed& feed, std::string peer) : feed_(feed), peer_(std::move(peer)) {}

  void Begin() {
    itself_ = shared_from_this();
    if (absl::Status admitted = AdmissionOf(feed_.fan_out.Add(itself_)); !admitted.ok()) {
      return EndWith(admitted);
    }
    sync::HandOver(this);
    StartRead(&incoming_);
  }

  void OnNews() override { Proceed(); }
  void OnBeat() override;
  void OnDrain() override { EndWith(Draining()); }

  void OnReadDone(bool ok) override;
  void OnWriteDone(bool ok) override;
  void OnCancel() override { EndWith(absl::CancelledError()); }
  void OnDone() override;

 private:
  enum class Next { kNothing, kWrite, kFinish };

  absl::Status Take(const v1::WatchTrustRequest& request);
  void Open(const v1::WatchTrustRequest::Open& open);
  void EndWith(absl::Status end);
  void Proceed();
  Next Decide() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  grpc::Status End() const;

  const TrustFeed feed_;
  std::string peer_;
  std::shared_ptr<TrustStream> itself_;     // until OnDone
  grpc::ByteBuffer incoming_;               // gRPC's while reading
  std::optional<GuardRegistry::Id> guard_;  // of the reading callbacks, which gRPC keeps in order

  sync::Mutex mutex_;
  bool opened_ ABSL_GUARDED_BY(mutex_) = false;
  bool missed_a_beat_ ABSL_GUARDED_BY(mutex_) = false;  // while opening
  bool beat_due_ ABSL_GUARDED_BY(mutex_) = false;
  bool time_told_ ABSL_GUARDED_BY(mutex_) = false;
  bool writing_ ABSL_GUARDED_BY(mutex_) = false;
  bool finished_ ABSL_GUARDED_BY(mutex_) = false;
  std::uint64_t sent_ ABSL_GUARDED_BY(mutex_) = 0;  // the guard was sent everything up to here
  FeedMessages::Shared message_ ABSL_GUARDED_BY(mutex_);  // what is being written
  std::optional<absl::Status> end_;                       // not changed any more once it is set
};

void TrustStream::OnBeat() {
  bool too_late = false;
  {
    const sync::MutexLock lock(&mutex_);
    beat_due_ = opened_;
    too_late = !opened_ && std::exchange(missed_a_beat_, true);
  }
  if (!too_late) return Proceed();
  EndWith(errors::Make(reasons::DEADLINE_PASSED, "the first message did not come: send open"));
}

void TrustStream::OnReadDone(bool ok) {
  const sync::Visit visit(this);
  // The guard will say no more, so its acknowledgements would be missing for ever.
  if (!ok) return EndWith(absl::OkStatus());
  absl::StatusOr<v1::WatchTrustRequest> request = Parse(incoming_);
  incoming_.Clear();
  if (!request.ok()) return EndWith(request.status());
  if (absl::Status taken = Take(*request); !taken.ok()) return EndWith(taken);
  // The call outlives this callback, also when another thread finishes it now.
  StartRead(&incoming_);
}

void TrustStream::OnWriteDone(bool ok) {
  const sync::Visit visit(this);
  {
    const sync::MutexLock lock(&mutex_);
    writing_ = false;
    message_.reset();
    if (!ok && !end_) end_ = absl::CancelledError();
  }
  Proceed();
}

void TrustStream::OnDone() {
  sync::TakeOver(this);
  feed_.fan_out.Remove(this);
  if (guard_) feed_.guards.Remove(*guard_);
  const std::shared_ptr<TrustStream> last = std::move(itself_);
}

absl::Status TrustStream::Take(const v1::WatchTrustRequest& request) {
  if (!guard_) {
    if (absl::Status valid = ValidateFirst(request); !valid.ok()) return valid;
    Open(request.open());
    return absl::OkStatus();
  }
  std::uint64_t sent = 0;
  {
    const sync::MutexLock lock(&mutex_);
    sent = sent_;
  }
  if (absl::Status valid = ValidateLater(request, sent); !valid.ok()) return valid;
  feed_.guards.Applied(*guard_, request.applied_version());
  return absl::OkStatus();
}

// A cursor of a state that we know is an acknowledgement, too: the guard has applied that state.
void TrustStream::Open(const v1::WatchTrustRequest::Open& open) {
  const std::uint64_t known =
      open.cursor().empty() ? 0 : feed_.hub.VersionOf(open.cursor()).value_or(0);
  const std::string& name = open.guard_id().empty() ? peer_ : open.guard_id();
  guard_ = feed_.guards.Add({name, peer_, open.audience(), feed_.clock.Now()}, known);
  {
    const sync::MutexLock lock(&mutex_);
    opened_ = true;
    beat_due_ = true;  // when nothing is new, that is what the guard waits to hear
    sent_ = known;
  }
  Proceed();
}

void TrustStream::EndWith(absl::Status end) {
  {
    const sync::MutexLock lock(&mutex_);
    if (!end_) end_ = std::move(end);
  }
  Proceed();
}

// Does the next thing, if it is time for one. gRPC is called without the lock: it may call back.
// Nothing of this object is touched after Finish.
void TrustStream::Proceed() {
  Next next;
  const grpc::ByteBuffer* bytes = nullptr;  // ours until OnWriteDone
  {
    const sync::MutexLock lock(&mutex_);
    next = Decide();
    if (next == Next::kWrite) bytes = message_->bytes.get();
  }
  const grpc::Status end = next == Next::kFinish ? End() : grpc::Status();
  sync::HandOver(this);
  if (next == Next::kWrite) StartWrite(bytes);
  if (next == Next::kFinish) Finish(end);
}

TrustStream::Next TrustStream::Decide() {
  if (writing_ || finished_) return Next::kNothing;
  if (end_) {
    finished_ = true;
    return Next::kFinish;
  }
  if (!opened_) return Next::kNothing;
  message_ = feed_.hub.Next(sent_, beat_due_);
  if (message_ == nullptr) return Next::kNothing;
  // Only a heartbeat tells the time, which a guard needs that starts under a wrong clock.
  if (message_->version == sent_) time_told_ = true;
  beat_due_ = !time_told_;
  sent_ = message_->version;
  writing_ = true;
  return Next::kWrite;
}

grpc::Status TrustStream::End() const {
  return absl::IsCancelled(*end_) ? grpc::Status(grpc::StatusCode::CANCELLED, "")
                                  : rpc::ToGrpc(*end_);
}

}  // namespace

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* WatchTrust(
    const TrustFeed& feed, const grpc::CallbackServerContext& context) {
  const auto stream = std::make_shared<TrustStream>(feed, CallerOf(context).peer());
  stream->Begin();
  return stream.get();
}

}  // namespace tokenforge::auth
