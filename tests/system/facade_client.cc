#include "tests/system/facade_client.h"

#include "lib/errors/errors.h"
#include "lib/rpc/status.h"
#include "lib/uuid/uuid.h"

namespace tokenforge::systemtest {
namespace {

using auth::v1::AuthService;

template <class Request, class Response>
absl::StatusOr<Response> Call(AuthService::Stub& stub,
                              grpc::Status (AuthService::Stub::*method)(grpc::ClientContext*,
                                                                        const Request&, Response*),
                              const Request& request, std::chrono::milliseconds deadline,
                              const std::string& access_token = "") {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + deadline);
  context.set_wait_for_ready(true);  // a façade that is just being started again is waited for
  if (!access_token.empty()) context.AddMetadata("authorization", "Bearer " + access_token);
  Response response;
  const grpc::Status status = (stub.*method)(&context, request, &response);
  if (!status.ok()) return rpc::FromGrpc(status);
  return response;
}

}  // namespace

absl::StatusOr<auth::v1::RegisterResponse> FacadeClient::Register(
    const std::string& email, const std::string& password) const {
  auth::v1::RegisterRequest request;
  request.set_email(email);
  request.set_password(password);
  request.set_given_name("Ada");
  request.set_family_name("Lovelace");
  return Call(*stub_, &AuthService::Stub::Register, request, deadline_);
}

absl::StatusOr<auth::v1::LoginResponse> FacadeClient::Login(const std::string& email,
                                                            const std::string& password) const {
  auth::v1::LoginRequest request;
  request.set_email(email);
  request.set_password(password);
  request.mutable_device()->set_name("test");
  return Call(*stub_, &AuthService::Stub::Login, request, deadline_);
}

absl::StatusOr<auth::v1::Tokens> FacadeClient::Refresh(const std::string& refresh_token) const {
  auth::v1::RefreshRequest request;
  request.set_refresh_token(refresh_token);
  const auto response = Call(*stub_, &AuthService::Stub::Refresh, request, deadline_);
  if (!response.ok()) return response.status();
  return response->tokens();
}

absl::StatusOr<auth::v1::WhoAmIResponse> FacadeClient::WhoAmI(
    const std::string& access_token) const {
  return Call(*stub_, &AuthService::Stub::WhoAmI, auth::v1::WhoAmIRequest(), deadline_,
              access_token);
}

absl::Status FacadeClient::Logout(const std::string& access_token) const {
  return Call(*stub_, &AuthService::Stub::Logout, auth::v1::LogoutRequest(), deadline_,
              access_token)
      .status();
}

absl::StatusOr<int> FacadeClient::LogoutAll(const std::string& access_token,
                                            bool keep_current) const {
  auth::v1::LogoutAllRequest request;
  request.set_keep_current(keep_current);
  const auto response =
      Call(*stub_, &AuthService::Stub::LogoutAll, request, deadline_, access_token);
  if (!response.ok()) return response.status();
  return response->sessions_ended();
}

absl::StatusOr<auth::v1::ListSessionsResponse> FacadeClient::ListSessions(
    const std::string& access_token) const {
  return Call(*stub_, &AuthService::Stub::ListSessions, auth::v1::ListSessionsRequest(), deadline_,
              access_token);
}

absl::Status FacadeClient::RevokeSession(const std::string& access_token,
                                         const std::string& session_id) const {
  auth::v1::RevokeSessionRequest request;
  request.set_session_id(session_id);
  return Call(*stub_, &AuthService::Stub::RevokeSession, request, deadline_, access_token).status();
}

absl::StatusOr<auth::v1::IntrospectResponse> FacadeClient::Introspect(
    const std::string& token) const {
  auth::v1::IntrospectRequest request;
  request.set_token(token);
  return Call(*stub_, &AuthService::Stub::Introspect, request, deadline_);
}

absl::StatusOr<auth::v1::LoginResponse> AwaitLogin(const FacadeClient& client,
                                                   const std::string& email) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(30);
  for (;;) {
    auto login = client.Login(email, kPassword);
    if (login.ok() || std::chrono::steady_clock::now() > until) return login;
  }
}

std::string ReasonName(const absl::Status& status) {
  if (status.ok()) return "OK";
  const auto reason = errors::ReasonOf(status);
  return reason ? errors::reasons::Reason_Name(*reason) : "?";
}

std::string FreshEmail() { return uuid::Uuid::Random().ToString() + "@example.org"; }

}  // namespace tokenforge::systemtest
