#include "tests/interceptors/fake_facade.h"

#include <deque>

#include "lib/sync/hand_over.h"
#include "tests/interceptors/tokens.h"

namespace tokenforge::testing {

// All its state is guarded by the façade's mutex; gRPC calls it without.
class FakeFacade::Stream final
    : public grpc::ServerBidiReactor<auth::WatchTrustRequest, auth::WatchTrustResponse> {
 public:
  explicit Stream(FakeFacade& facade) : facade_(facade) { StartRead(&request_); }

  void Send(auth::WatchTrustResponse message) {
    waiting_.push_back(std::move(message));
    if (waiting_.size() == 1) StartWrite(&waiting_.front());
  }
  void End(const grpc::Status& status) {
    if (!std::exchange(ended_, true)) Finish(status);
  }

 private:
  void OnReadDone(bool ok) override {
    const sync::Visit visit(this);
    sync::MutexLock lock(&facade_.mutex_);
    if (!ok) return End(grpc::Status::OK);
    if (ended_) return;
    if (request_.has_open()) facade_.Begin(*this, request_.open());
    if (request_.message_case() == auth::WatchTrustRequest::kAppliedVersion) {
      facade_.seen_.acknowledged.push_back(request_.applied_version());
    }
    facade_.changed_.NotifyAll();
    StartRead(&request_);
  }
  void OnWriteDone(bool ok) override {
    const sync::Visit visit(this);
    sync::MutexLock lock(&facade_.mutex_);
    waiting_.pop_front();
    if (ok && !waiting_.empty()) StartWrite(&waiting_.front());
  }
  void OnCancel() override {
    const sync::Visit visit(this);
    sync::MutexLock lock(&facade_.mutex_);
    End(grpc::Status::CANCELLED);
  }
  void OnDone() override {
    sync::TakeOver(this);
    {
      sync::MutexLock lock(&facade_.mutex_);
      facade_.streams_.erase(this);
      facade_.seen_.open = static_cast<int>(facade_.streams_.size());
      facade_.changed_.NotifyAll();
    }
    delete this;
  }

  FakeFacade& facade_;
  auth::WatchTrustRequest request_;
  std::deque<auth::WatchTrustResponse> waiting_;
  bool ended_ = false;
};

FakeFacade::FakeFacade() = default;
FakeFacade::~FakeFacade() = default;

std::uint64_t FakeFacade::PublishKeys(const std::string& jwks, bool quietly) {
  sync::MutexLock lock(&mutex_);
  auth::WatchTrustResponse::Change change;
  change.set_jwks(jwks);
  return Tell(std::move(change), quietly);
}

std::uint64_t FakeFacade::Revoke(auth::Revocation revocation) {
  sync::MutexLock lock(&mutex_);
  auth::WatchTrustResponse::Change change;
  *change.add_revocations() = std::move(revocation);
  return Tell(std::move(change), false);
}

std::uint64_t FakeFacade::RevokeSession(const std::string& session_id) {
  auth::Revocation revocation;
  revocation.set_session_id(session_id);
  revocation.mutable_end_time()->set_seconds(4'000'000'000);
  return Revoke(revocation);
}

std::uint64_t FakeFacade::Tell(auth::WatchTrustResponse::Change change, bool quietly) {
  change.set_version(++version_);
  change.set_cursor(CursorAt(version_));
  if (!change.jwks().empty()) jwks_ = change.jwks();
  history_.push_back(change);
  seen_.version = version_;
  if (quietly) return version_;
  auth::WatchTrustResponse message;
  *message.mutable_change() = std::move(change);
  for (Stream* stream : streams_) {
    ++seen_.changes;
    stream->Send(message);
  }
  return version_;
}

void FakeFacade::Beat(bool stale) {
  sync::MutexLock lock(&mutex_);
  auth::WatchTrustResponse message;
  message.mutable_heartbeat()->set_version(version_);
  message.mutable_heartbeat()->set_stale(stale);
  for (Stream* stream : streams_) stream->Send(message);
}

void FakeFacade::BeTold(Mode mode) {
  sync::MutexLock lock(&mutex_);
  mode_ = mode;
  if (mode == Mode::kServing || mode == Mode::kMute) return;
  for (Stream* stream : streams_) stream->End({grpc::StatusCode::UNAVAILABLE, "down"});
}

void FakeFacade::EndStreams(grpc::Status status) {
  sync::MutexLock lock(&mutex_);
  for (Stream* stream : streams_) stream->End(status);
}

void FakeFacade::Forget() {
  sync::MutexLock lock(&mutex_);
  ++life_;
}

void FakeFacade::ForgetRevocations() {
  sync::MutexLock lock(&mutex_);
  ++life_;
  for (auto& change : history_) change.clear_revocations();
}

FakeFacade::Seen FakeFacade::seen() const {
  sync::MutexLock lock(&mutex_);
  return seen_;
}

bool FakeFacade::Await(const std::function<bool(const Seen&)>& condition) const {
  const auto deadline = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  sync::MutexLock lock(&mutex_);
  while (!condition(seen_)) {
    if (!changed_.WaitUntil(&mutex_, deadline)) return condition(seen_);
  }
  return true;
}

bool FakeFacade::AwaitAcknowledged(std::uint64_t version) const {
  return Await([version](const Seen& seen) { return seen.last_acknowledged() >= version; });
}

std::string FakeFacade::CursorAt(std::uint64_t version) const {
  return std::to_string(life_) + ":" + std::to_string(version);
}

auth::TrustSnapshot FakeFacade::SnapshotNow() const {
  auth::TrustSnapshot snapshot;
  snapshot.set_jwks(jwks_);
  snapshot.set_issuer(kIssuer);
  snapshot.set_version(version_);
  snapshot.set_cursor(CursorAt(version_));
  for (const auto& change : history_) {
    snapshot.mutable_revocations()->MergeFrom(change.revocations());
  }
  return snapshot;
}

void FakeFacade::Begin(Stream& stream, const auth::WatchTrustRequest::Open& open) {
  seen_.opened.push_back(open);
  if (mode_ == Mode::kMute) return;
  streams_.insert(&stream);
  seen_.open = static_cast<int>(streams_.size());
  auth::WatchTrustResponse message;
  for (std::uint64_t version = 0; version <= version_; ++version) {
    if (open.cursor() != CursorAt(version)) continue;
    for (; version < version_; ++version) {
      ++seen_.changes;
      *message.mutable_change() = history_[version];
      stream.Send(message);
    }
    return;
  }
  ++seen_.snapshots;
  *message.mutable_snapshot() = SnapshotNow();
  stream.Send(message);
}

grpc::ServerUnaryReactor* FakeFacade::GetTrust(grpc::CallbackServerContext* context,
                                               const auth::GetTrustRequest* request,
                                               auth::GetTrustResponse* response) {
  grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
  sync::MutexLock lock(&mutex_);
  ++seen_.questions;
  changed_.NotifyAll();
  if (mode_ == Mode::kDown) {
    reactor->Finish({grpc::StatusCode::UNAVAILABLE, "down"});
    return reactor;
  }
  if (request->cursor() != CursorAt(version_)) *response->mutable_snapshot() = SnapshotNow();
  reactor->Finish(grpc::Status::OK);
  return reactor;
}

grpc::ServerBidiReactor<auth::WatchTrustRequest, auth::WatchTrustResponse>* FakeFacade::WatchTrust(
    grpc::CallbackServerContext*) {
  sync::MutexLock lock(&mutex_);
  auto* const stream = new Stream(*this);
  sync::HandOver(stream);
  if (mode_ == Mode::kDown) stream->End({grpc::StatusCode::UNAVAILABLE, "down"});
  if (mode_ == Mode::kWithoutFeed) stream->End({grpc::StatusCode::UNIMPLEMENTED, "not built"});
  return stream;
}

}  // namespace tokenforge::testing
