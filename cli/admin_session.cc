#include "cli/admin_session.h"

#include <grpcpp/channel.h>

#include <utility>

#include "cli/client.h"
#include "cli/password_prompt.h"
#include "lib/config/config.h"
#include "lib/rpc/status.h"
#include "lib/telemetry/trace.h"

namespace tokenforge::cli {
namespace {

using std::chrono::seconds;
constexpr seconds kOneCall{20};
constexpr seconds kLeast{60};  // what a token must last for a call to begin with it

rpc::OutgoingContext ContextFor(seconds at_most) {
  return rpc::OutgoingContext(
      rpc::ServerCall(std::chrono::steady_clock::now() + at_most, telemetry::TraceContext::New()));
}

}  // namespace

void Declare(config::Parser& parser, AdminLogin* login) {
  parser.Group("Administrator");
  parser.Address("auth", &login->auth, "127.0.0.1:7443", "the façade");
  parser.String("auth-identity", &login->auth_identity, "/auth",
                "its SPIFFE ID, or its path in our trust domain");
  parser.Path("certs", &login->certs, ".dev/certs",
              "folder with our certificate and key, and ca.crt");
  parser.String("identity", &login->identity, "operator", "name of our certificate and key there");
  parser.String("email", &login->email, "", "of the administrator who does this").Required();
  parser.FileThatExists("password-file", &login->password_file, "",
                        "that administrator's password, instead of asking");
}

AdminSession::AdminSession(const std::shared_ptr<grpc::Channel>& channel)
    : auth_(auth::v1::AuthService::NewStub(channel)),
      admin_(auth::v1::AdminService::NewStub(channel)) {}

AdminSession::~AdminSession() {
  if (tokens_.access_token().empty()) return;
  rpc::OutgoingContext context = ContextFor(kOneCall);
  context.WithBearer(secret::Secret(tokens_.access_token()));
  auth::v1::LogoutResponse response;
  // A session that could not be ended idles out.
  static_cast<void>(auth_->Logout(&context.client(), {}, &response));
}

absl::StatusOr<std::unique_ptr<AdminSession>> AdminSession::Open(const AdminLogin& login) {
  const std::string prefix = login.certs + "/";
  const rpc::TlsFiles files{.cert_file = prefix + login.identity + ".crt",
                            .key_file = prefix + login.identity + ".key",
                            .ca_file = prefix + "ca.crt"};
  const auto channel = Reach(login.auth, files, login.auth_identity);
  if (!channel.ok()) return channel.status();
  auto session = std::unique_ptr<AdminSession>(new AdminSession(*channel));
  if (absl::Status in = session->LogIn(login); !in.ok()) return in;
  return session;
}

std::string AdminSession::KeepToken() {
  std::string token = tokens_.access_token();
  tokens_.Clear();
  return token;
}

absl::Status AdminSession::LogIn(const AdminLogin& login) {
  const auto password = SecretFrom(login.password_file, "Password of " + login.email + ": ");
  if (!password.ok()) return password.status();
  auth::v1::LoginRequest request;
  request.set_email(login.email);
  request.set_password(std::string(password->Expose()));
  request.mutable_device()->set_name("tokenforge admin");
  auth::v1::LoginResponse response;
  rpc::OutgoingContext context = ContextFor(kOneCall);
  const grpc::Status status = auth_->Login(&context.client(), request, &response);
  if (!status.ok()) return rpc::FromGrpc(status, "auth");
  if (!response.has_mfa_challenge()) {
    tokens_ = response.tokens();
    return absl::OkStatus();
  }
  const auto code = AskSecret("Code of the second factor: ");
  if (!code.ok()) return code.status();
  auth::v1::CompleteLoginRequest second;
  second.set_challenge(response.mfa_challenge().challenge());
  second.set_totp_code(std::string(code->Expose()));
  auth::v1::CompleteLoginResponse completed;
  rpc::OutgoingContext next = ContextFor(kOneCall);
  const grpc::Status done = auth_->CompleteLogin(&next.client(), second, &completed);
  if (!done.ok()) return rpc::FromGrpc(done, "auth");
  tokens_ = completed.tokens();
  return absl::OkStatus();
}

absl::Status AdminSession::Refresh() {
  auth::v1::RefreshRequest request;
  request.set_refresh_token(tokens_.refresh_token());
  auth::v1::RefreshResponse response;
  rpc::OutgoingContext context = ContextFor(kOneCall);
  const grpc::Status status = auth_->Refresh(&context.client(), request, &response);
  if (!status.ok()) return rpc::FromGrpc(status, "auth");
  tokens_ = response.tokens();
  return absl::OkStatus();
}

absl::StatusOr<rpc::OutgoingContext> AdminSession::NewCall(seconds at_most) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  const seconds left =
      seconds(tokens_.access_expire_time().seconds()) - std::chrono::duration_cast<seconds>(now);
  if (left < kLeast) {
    if (absl::Status fresh = Refresh(); !fresh.ok()) return fresh;
  }
  rpc::OutgoingContext context = ContextFor(at_most);
  context.WithBearer(secret::Secret(tokens_.access_token()));
  return context;
}

}  // namespace tokenforge::cli
