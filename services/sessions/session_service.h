// The gRPC edge of sessions: messages in, a step of Sessions, messages out. What each method does,
// refuses and repeats stands in sessions.proto.
//
// Thread-safe; no handler blocks. What it is given outlives the server.
#pragma once

#include "services/sessions/rate_limiter.h"
#include "services/sessions/sessions.h"
#include "tokenforge/sessions/v1/sessions.grpc.pb.h"

namespace tokenforge::sessions {

class SessionService final : public v1::SessionService::CallbackService {
 public:
  SessionService(Sessions* sessions, RevocationFeed* feed, RateLimiter* limiter)
      : sessions_(*sessions), feed_(*feed), limiter_(*limiter) {}

  grpc::ServerUnaryReactor* CreateSession(grpc::CallbackServerContext* context,
                                          const v1::CreateSessionRequest* request,
                                          v1::CreateSessionResponse* response) override;
  grpc::ServerUnaryReactor* RotateRefreshToken(grpc::CallbackServerContext* context,
                                               const v1::RotateRefreshTokenRequest* request,
                                               v1::RotateRefreshTokenResponse* response) override;
  grpc::ServerUnaryReactor* GetSession(grpc::CallbackServerContext* context,
                                       const v1::GetSessionRequest* request,
                                       v1::GetSessionResponse* response) override;
  grpc::ServerUnaryReactor* ListSessions(grpc::CallbackServerContext* context,
                                         const v1::ListSessionsRequest* request,
                                         v1::ListSessionsResponse* response) override;
  grpc::ServerUnaryReactor* RevokeSession(grpc::CallbackServerContext* context,
                                          const v1::RevokeSessionRequest* request,
                                          v1::RevokeSessionResponse* response) override;
  grpc::ServerUnaryReactor* RevokeUserSessions(grpc::CallbackServerContext* context,
                                               const v1::RevokeUserSessionsRequest* request,
                                               v1::RevokeUserSessionsResponse* response) override;
  grpc::ServerUnaryReactor* EndAllSessions(grpc::CallbackServerContext* context,
                                           const v1::EndAllSessionsRequest* request,
                                           v1::EndAllSessionsResponse* response) override;
  grpc::ServerUnaryReactor* RevokeAccessToken(grpc::CallbackServerContext* context,
                                              const v1::RevokeAccessTokenRequest* request,
                                              v1::RevokeAccessTokenResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchRevocationsResponse>* WatchRevocations(
      grpc::CallbackServerContext* context, const v1::WatchRevocationsRequest* request) override;
  grpc::ServerUnaryReactor* TakeTokens(grpc::CallbackServerContext* context,
                                       const v1::TakeTokensRequest* request,
                                       v1::TakeTokensResponse* response) override;

 private:
  Sessions& sessions_;
  RevocationFeed& feed_;
  RateLimiter& limiter_;
};

}  // namespace tokenforge::sessions
