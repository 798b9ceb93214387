// The sessions service in memory: the contract's table of refresh tokens, its rate limits, and its
// feed of revocations.
//
// The grace of a superseded token lasts until EndGrace. Thread-safe.
#pragma once

#include <cstdint>
#include <functional>
#include <map>
#include <string>
#include <vector>

#include "lib/errors/facts.h"
#include "lib/sync/mutex.h"
#include "tests/services/auth/fake_limits.h"
#include "tests/services/auth/faults.h"
#include "tokenforge/sessions/v1/sessions.grpc.pb.h"

namespace tokenforge::auth::testing {

class FakeSessions final : public sessions::v1::SessionService::Service {
 public:
  Faults faults;
  FakeLimits limits;

  void EndGrace();
  std::size_t LiveSessions() const;
  sessions::v1::Session OnlySession() const;
  // Ends a session without a word to the façade but through the feed, as another replica's logout
  // would.
  void RevokeElsewhere(const std::string& session_id);
  // Loses every session without a trace, as a store would that was emptied.
  void Forget();
  // Runs before EndAllSessions does anything, as what happens in the middle of its caller.
  void BeforeEndingAll(std::function<void()> happens);
  // Ends every open stream of revocations; and for tests of resuming, the cursors that streams were
  // opened with.
  void BreakStreams();
  std::vector<std::string> OpenedCursors() const;
  // No stream hangs on any more; before the server shuts down.
  void Stop();

  grpc::Status CreateSession(grpc::ServerContext* context,
                             const sessions::v1::CreateSessionRequest* request,
                             sessions::v1::CreateSessionResponse* response) override;
  grpc::Status RotateRefreshToken(grpc::ServerContext* context,
                                  const sessions::v1::RotateRefreshTokenRequest* request,
                                  sessions::v1::RotateRefreshTokenResponse* response) override;
  grpc::Status ListSessions(grpc::ServerContext* context,
                            const sessions::v1::ListSessionsRequest* request,
                            sessions::v1::ListSessionsResponse* response) override;
  grpc::Status RevokeSession(grpc::ServerContext* context,
                             const sessions::v1::RevokeSessionRequest* request,
                             sessions::v1::RevokeSessionResponse* response) override;
  grpc::Status RevokeUserSessions(grpc::ServerContext* context,
                                  const sessions::v1::RevokeUserSessionsRequest* request,
                                  sessions::v1::RevokeUserSessionsResponse* response) override;
  grpc::Status EndAllSessions(grpc::ServerContext* context,
                              const sessions::v1::EndAllSessionsRequest* request,
                              sessions::v1::EndAllSessionsResponse* response) override;
  grpc::Status RevokeAccessToken(grpc::ServerContext* context,
                                 const sessions::v1::RevokeAccessTokenRequest* request,
                                 sessions::v1::RevokeAccessTokenResponse* response) override;
  grpc::Status TakeTokens(grpc::ServerContext* context,
                          const sessions::v1::TakeTokensRequest* request,
                          sessions::v1::TakeTokensResponse* response) override;
  grpc::Status WatchRevocations(
      grpc::ServerContext* context, const sessions::v1::WatchRevocationsRequest* request,
      grpc::ServerWriter<sessions::v1::WatchRevocationsResponse>* writer) override;

 private:
  struct State {
    sessions::v1::Session session;
    std::uint64_t generation = 0;
    bool in_grace = false;
  };
  using Revocations = google::protobuf::RepeatedPtrField<sessions::v1::Revocation>;

  static sessions::v1::RefreshToken TokenOf(const State& state);
  grpc::Status Theft(const std::string& user_id, const errors::Facts& facts)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  sessions::v1::Revocation End(const std::string& session_id) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  mutable sync::Mutex mutex_;
  std::function<void()> before_ending_all_ ABSL_GUARDED_BY(mutex_);
  sync::CondVar changed_;
  std::map<std::string, State> sessions_ ABSL_GUARDED_BY(mutex_);
  Revocations made_ ABSL_GUARDED_BY(mutex_);  // in order; a cursor is how many were told
  std::vector<std::string> opened_ ABSL_GUARDED_BY(mutex_);
  int breaks_ ABSL_GUARDED_BY(mutex_) = 0;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tokenforge::auth::testing
