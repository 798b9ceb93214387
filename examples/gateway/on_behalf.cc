#include "on_behalf.h"

#include <grpcpp/grpcpp.h>

#include "cookies.h"
#include "refusal.h"

namespace gateway {
namespace {

// The browser keeps its old cookie until it has our answer. If that is lost, it comes again with
// the old token, and gets the same successor (for 30 s), as two tabs do that come at the same time.
grpc::Status Refresh(auth::AuthService::Stub& facade, Visit& visit, httplib::Response& response) {
  auth::RefreshRequest ask;
  ask.set_refresh_token(visit.refresh_token);
  *ask.mutable_device() = DeviceOf(visit);
  auth::RefreshResponse answer;
  const grpc::Status status = facade.Refresh(ContextOf(visit).get(), ask, &answer);
  if (status.ok()) {
    SetTokens(response, answer.tokens());
    visit.access_token = answer.tokens().access_token();
  } else if (status.error_code() == grpc::StatusCode::UNAUTHENTICATED &&
             RefusalOf(status).reason != "REFRESH_TOKEN_SUPERSEDED") {
    // Ended, expired or stolen: log in again. SUPERSEDED means that another tab has a newer cookie,
    // which must stay.
    DropTokens(response);
  }
  return status;
}

}  // namespace

void SetTokens(httplib::Response& response, const auth::Tokens& tokens) {
  SetCookie(response, kAccess, tokens.access_token(), tokens.access_expire_time().seconds());
  SetCookie(response, kRefresh, tokens.refresh_token(), tokens.refresh_expire_time().seconds());
}

void DropTokens(httplib::Response& response) {
  DropCookie(response, kAccess);
  DropCookie(response, kRefresh);
}

auth::Device DeviceOf(const Visit& visit) {
  auth::Device device;
  device.set_name("browser");
  device.set_user_agent(visit.user_agent);
  return device;
}

grpc::Status OnBehalf(auth::AuthService::Stub& facade, Visit& visit, httplib::Response& response,
                      const std::function<grpc::Status(grpc::ClientContext*)>& call) {
  if (visit.refresh_token.empty())
    return {grpc::StatusCode::UNAUTHENTICATED, "nobody is logged in"};
  if (!visit.access_token.empty()) {
    const grpc::Status status = call(ContextOf(visit, visit.access_token).get());
    // Whatever is wrong with the token, the refresh token decides whether the session goes on.
    if (status.error_code() != grpc::StatusCode::UNAUTHENTICATED) return status;
  }
  const grpc::Status refreshed = Refresh(facade, visit, response);
  return refreshed.ok() ? call(ContextOf(visit, visit.access_token).get()) : refreshed;
}

}  // namespace gateway
