#include "gateway.h"

#include <google/protobuf/util/json_util.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <utility>

#include "cookies.h"
#include "on_behalf.h"
#include "pages.h"
#include "refusal.h"

namespace gateway {
namespace {

// After a form: the browser gets the next page anew, and going back repeats no login.
void GoTo(httplib::Response& response, const char* path) { response.set_redirect(path, 303); }

bool IsTotp(const std::string& code) {
  return code.size() == 6 &&
         std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; });
}

}  // namespace

Gateway::Gateway(const std::shared_ptr<grpc::Channel>& facade, std::string origin)
    : facade_(auth::AuthService::NewStub(facade)), origin_(std::move(origin)) {}

void Gateway::Serve(httplib::Server& server) {
  server.set_default_headers({
      {"Content-Security-Policy",
       "default-src 'none'; form-action 'self'; frame-ancestors 'none'; base-uri 'none'"},
      {"Strict-Transport-Security", "max-age=31536000"},
      {"X-Content-Type-Options", "nosniff"},
      {"Referrer-Policy", "same-origin"},
      {"Cache-Control", "no-store"},  // pages that depend on cookies are nobody else's
  });
  server.Get("/", Get(&Gateway::Home));
  server.Get("/code", [](const httplib::Request&, httplib::Response& response) {
    response.set_content(kCodePage, kHtml);
  });
  server.Get("/me", Get(&Gateway::Me));
  server.Post("/register", Form(&Gateway::Register));
  server.Post("/login", Form(&Gateway::Login));
  server.Post("/code", Form(&Gateway::Code));
  server.Post("/logout", Form(&Gateway::Logout));
}

httplib::Server::Handler Gateway::Get(Handler handler) {
  return [this, handler](const httplib::Request& request, httplib::Response& response) {
    (this->*handler)(request, response);
  };
}

httplib::Server::Handler Gateway::Form(Handler handler) {
  return [this, handler](const httplib::Request& request, httplib::Response& response) {
    // SameSite=Strict keeps our cookies from other sites, but not their login forms from our
    // browsers.
    if (request.get_header_value("Origin") != origin_) {
      return Refuse(response, {403, "WRONG_ORIGIN", "this form is not ours"});
    }
    // What stands in an address stands in every log on its way.
    if (request.target.find('?') != std::string::npos) {
      return Refuse(response, {400, "QUERY", "send the form in the body"});
    }
    (this->*handler)(request, response);
  };
}

void Gateway::Home(const httplib::Request& request, httplib::Response& response) {
  const bool logged_in = !VisitOf(request).refresh_token.empty();
  response.set_content(logged_in ? kPersonPage : kLoginPage, kHtml);
}

void Gateway::Register(const httplib::Request& request, httplib::Response& response) {
  const Visit visit = VisitOf(request);
  auth::RegisterRequest ask;
  ask.set_email(request.get_param_value("email"));
  ask.set_password(request.get_param_value("password"));
  ask.set_given_name(request.get_param_value("given_name"));
  ask.set_family_name(request.get_param_value("family_name"));
  *ask.mutable_device() = DeviceOf(visit);
  auth::RegisterResponse answer;
  const grpc::Status status = facade_->Register(ContextOf(visit).get(), ask, &answer);
  if (!status.ok()) return Refuse(response, RefusalOf(status));
  // Where registration is private the answer has no tokens, and a mail says what to do.
  if (answer.has_tokens()) SetTokens(response, answer.tokens());
  GoTo(response, "/");
}

void Gateway::Login(const httplib::Request& request, httplib::Response& response) {
  const Visit visit = VisitOf(request);
  auth::LoginRequest ask;
  ask.set_email(request.get_param_value("email"));
  ask.set_password(request.get_param_value("password"));
  *ask.mutable_device() = DeviceOf(visit);
  auth::LoginResponse answer;
  const grpc::Status status = facade_->Login(ContextOf(visit).get(), ask, &answer);
  if (!status.ok()) return Refuse(response, RefusalOf(status));
  if (answer.has_mfa_challenge()) {
    const auth::MfaChallenge& challenge = answer.mfa_challenge();
    SetCookie(response, kChallenge, challenge.challenge(), challenge.expire_time().seconds());
    return GoTo(response, "/code");
  }
  SetTokens(response, answer.tokens());
  GoTo(response, "/");
}

void Gateway::Code(const httplib::Request& request, httplib::Response& response) {
  const Visit visit = VisitOf(request);
  const std::string code = request.get_param_value("code");
  auth::CompleteLoginRequest ask;
  ask.set_challenge(visit.challenge);
  if (IsTotp(code)) {
    ask.set_totp_code(code);
  } else {
    ask.set_recovery_code(code);
  }
  auth::CompleteLoginResponse answer;
  const grpc::Status status = facade_->CompleteLogin(ContextOf(visit).get(), ask, &answer);
  if (!status.ok()) return Refuse(response, RefusalOf(status));
  DropCookie(response, kChallenge);
  SetTokens(response, answer.tokens());
  GoTo(response, "/");
}

void Gateway::Me(const httplib::Request& request, httplib::Response& response) {
  Visit visit = VisitOf(request);
  auth::WhoAmIResponse me;
  const grpc::Status status =
      OnBehalf(*facade_, visit, response,
               [&](grpc::ClientContext* context) { return facade_->WhoAmI(context, {}, &me); });
  if (!status.ok()) return Refuse(response, RefusalOf(status));
  std::string json;
  if (!google::protobuf::util::MessageToJsonString(me, &json).ok()) return;
  response.set_content(json, "application/json");
}

void Gateway::Logout(const httplib::Request& request, httplib::Response& response) {
  Visit visit = VisitOf(request);
  auth::LogoutResponse ended;
  const grpc::Status status =
      OnBehalf(*facade_, visit, response,
               [&](grpc::ClientContext* context) { return facade_->Logout(context, {}, &ended); });
  // Only a session that is known to have ended may be forgotten: without an answer it would live
  // on.
  if (!status.ok() && status.error_code() != grpc::StatusCode::UNAUTHENTICATED) {
    return Refuse(response, RefusalOf(status));
  }
  response.headers.erase("Set-Cookie");  // of a refresh on the way
  DropTokens(response);
  GoTo(response, "/");
}

}  // namespace gateway
