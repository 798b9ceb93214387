// A façade's TrustService that says what a test wants, and tells what its guards did.
//
// Thread-safe. Like the real one it resumes a feed from a cursor that it knows, with what is new
// since, and answers with a snapshot when it does not know the cursor.
#pragma once

#include <grpcpp/grpcpp.h>

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "lib/sync/mutex.h"
#include "tokenforge/auth/v1/trust.grpc.pb.h"

namespace tokenforge::testing {

namespace auth = ::tokenforge::auth::v1;

class FakeFacade final : public auth::TrustService::CallbackService {
 public:
  // What guards did so far.
  struct Seen {
    std::vector<auth::WatchTrustRequest::Open> opened;
    std::vector<std::uint64_t> acknowledged;
    int snapshots = 0;  // sent by the feed
    int changes = 0;
    int questions = 0;  // to GetTrust
    int open = 0;       // streams now
    std::uint64_t version = 0;
    std::uint64_t last_acknowledged() const {
      return acknowledged.empty() ? 0 : acknowledged.back();
    }
  };
  enum class Mode { kServing, kDown, kWithoutFeed, kMute };

  FakeFacade();
  ~FakeFacade() override;

  // Each makes a new version and tells the open streams: unless `quietly`, which is what a feed
  // that lags behind looks like.
  std::uint64_t PublishKeys(const std::string& jwks, bool quietly = false);
  std::uint64_t Revoke(auth::Revocation revocation);
  std::uint64_t RevokeSession(const std::string& session_id);
  void Beat(bool stale = false);  // a heartbeat to each open stream
  void BeTold(Mode mode);         // from now on; kDown and kWithoutFeed end what is open
  void EndStreams(grpc::Status status);
  void Forget();             // a restart: it no longer knows any cursor
  void ForgetRevocations();  // and another replica, which has not heard of them

  Seen seen() const;
  // Waits until this is so; false after 30 s. Called with every thing that guards do.
  bool Await(const std::function<bool(const Seen&)>& condition) const;
  bool AwaitAcknowledged(std::uint64_t version) const;

  grpc::ServerUnaryReactor* GetTrust(grpc::CallbackServerContext* context,
                                     const auth::GetTrustRequest* request,
                                     auth::GetTrustResponse* response) override;
  grpc::ServerBidiReactor<auth::WatchTrustRequest, auth::WatchTrustResponse>* WatchTrust(
      grpc::CallbackServerContext* context) override;

 private:
  class Stream;
  std::uint64_t Tell(auth::WatchTrustResponse::Change change, bool quietly)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Begin(Stream& stream, const auth::WatchTrustRequest::Open& open)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  auth::TrustSnapshot SnapshotNow() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string CursorAt(std::uint64_t version) const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable sync::Mutex mutex_;
  mutable sync::CondVar changed_;
  Seen seen_ ABSL_GUARDED_BY(mutex_);
  Mode mode_ ABSL_GUARDED_BY(mutex_) = Mode::kServing;
  std::string jwks_ ABSL_GUARDED_BY(mutex_);
  int life_ ABSL_GUARDED_BY(mutex_) = 1;
  std::uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<auth::WatchTrustResponse::Change> history_
      ABSL_GUARDED_BY(mutex_);  // [i]: version i+1
  std::set<Stream*> streams_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::testing
