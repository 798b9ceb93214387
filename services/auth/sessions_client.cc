#include "services/auth/sessions_client.h"

#include <grpcpp/channel.h>

#include <chrono>

#include "lib/rpc/call.h"
#include "services/auth/messages.h"

namespace tokenforge::auth {

using Methods = sessions::v1::SessionService::StubInterface::async_interface;

SessionsClient::SessionsClient(const rpc::Upstream& upstream) : sessions_(upstream) {}

async::Task<absl::StatusOr<sessions::v1::CreateSessionResponse>> SessionsClient::CreateSession(
    const Origin& origin, const std::string& user_id, const v1::Device& device,
    const std::vector<std::string>& amr) {
  sessions::v1::CreateSessionRequest query;
  query.set_user_id(user_id);
  *query.mutable_device() = ToInternal(device, origin);
  query.mutable_amr()->Add(amr.begin(), amr.end());
  query.set_client_id(origin.client_id);
  return rpc::Call(sessions_, &Methods::CreateSession, rpc::OutgoingContext(origin.call),
                   std::move(query));
}

async::Task<absl::StatusOr<sessions::v1::RotateRefreshTokenResponse>>
SessionsClient::RotateRefreshToken(const Origin& origin, const v1::RefreshRequest& request) {
  sessions::v1::RotateRefreshTokenRequest query;
  query.set_refresh_token(request.refresh_token());
  *query.mutable_device() = ToInternal(request.device(), origin);
  query.set_client_id(origin.client_id);
  return rpc::Call(sessions_, &Methods::RotateRefreshToken, rpc::OutgoingContext(origin.call),
                   std::move(query));
}

async::Task<absl::StatusOr<sessions::v1::ListSessionsResponse>> SessionsClient::ListSessions(
    const rpc::ServerCall& call, const std::string& user_id,
    const v1::ListSessionsRequest& request) {
  sessions::v1::ListSessionsRequest query;
  query.set_user_id(user_id);
  query.set_page_size(request.page_size());
  query.set_page_token(request.page_token());
  return rpc::Call(sessions_, &Methods::ListSessions, rpc::OutgoingContext(call), std::move(query));
}

async::Task<absl::StatusOr<sessions::v1::RevokeSessionResponse>> SessionsClient::RevokeSession(
    const rpc::ServerCall& call, const std::string& user_id, const std::string& session_id) {
  sessions::v1::RevokeSessionRequest query;
  query.set_user_id(user_id);
  query.set_session_id(session_id);
  return rpc::Call(sessions_, &Methods::RevokeSession, rpc::OutgoingContext(call),
                   std::move(query));
}

async::Task<absl::StatusOr<sessions::v1::RevokeAccessTokenResponse>>
SessionsClient::RevokeAccessToken(const rpc::ServerCall& call, const Caller& caller) {
  sessions::v1::RevokeAccessTokenRequest query;
  query.set_user_id(caller.subject());
  query.set_jti(caller.token_id());
  const auto expires = std::chrono::floor<std::chrono::seconds>(caller.expire_time());
  query.mutable_expire_time()->set_seconds(expires.time_since_epoch().count());
  return rpc::Call(sessions_, &Methods::RevokeAccessToken, rpc::OutgoingContext(call),
                   std::move(query));
}

async::Task<absl::StatusOr<sessions::v1::RevokeUserSessionsResponse>>
SessionsClient::RevokeUserSessions(const rpc::ServerCall& call, const std::string& user_id,
                                   const std::string& except) {
  sessions::v1::RevokeUserSessionsRequest query;
  query.set_user_id(user_id);
  query.set_except_session_id(except);
  return rpc::Call(sessions_, &Methods::RevokeUserSessions, rpc::OutgoingContext(call),
                   std::move(query));
}

async::Task<absl::StatusOr<sessions::v1::EndAllSessionsResponse>> SessionsClient::EndAllSessions(
    const rpc::ServerCall& call, const std::string& reason) {
  sessions::v1::EndAllSessionsRequest query;
  query.set_reason(reason);
  return rpc::Call(sessions_, &Methods::EndAllSessions, rpc::OutgoingContext(call),
                   std::move(query));
}

async::Task<absl::StatusOr<sessions::v1::TakeTokensResponse>> SessionsClient::TakeTokens(
    const rpc::ServerCall& call, const sessions::v1::TakeTokensRequest& request) {
  return rpc::Call(sessions_, &Methods::TakeTokens, rpc::OutgoingContext(call), request);
}

}  // namespace tokenforge::auth
