#include "cli/logged_in.h"

#include <grpcpp/channel.h>

#include <utility>

#include "cli/login.h"
#include "cli/password_prompt.h"
#include "cli/token_file.h"
#include "lib/config/config.h"
#include "lib/errors/errors.h"

namespace tokenforge::cli {
namespace {

using auth::v1::AuthService;
using std::chrono::seconds;
constexpr seconds kLeast{60};  // what a token must last for a call to begin with it

seconds LeftOf(const auth::v1::Tokens& tokens) {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  return seconds(tokens.access_expire_time().seconds()) - std::chrono::duration_cast<seconds>(now);
}

// A refresh token is good for the workload that it was given to alone, and the suite does not say
// so to others.
absl::Status NotRefreshed(const absl::Status& why) {
  if (errors::ReasonOf(why) != errors::reasons::REFRESH_TOKEN_INVALID) return why;
  return errors::Make(errors::reasons::REFRESH_TOKEN_INVALID,
                      "log in again with `tokenforge login`, or use the certificate (--identity) "
                      "that you logged in with");
}

absl::StatusOr<ExitCode> RunAs(const LoginOptions& options, LoggedInBody body,
                               const Invocation& call) {
  const auto session = LoggedIn::Open(options, call);
  if (!session.ok()) return session.status();
  return body(**session, call);
}

}  // namespace

void DeclarePerson(config::Parser& parser, LoginOptions* options) {
  Declare(parser, &options->facade);
  parser.Path("token-file", &options->token_file, "",
              "Where the login is kept, instead of PROFILE.tokens beside the profiles");
}

void DeclareAdministrator(config::Parser& parser, LoginOptions* options) {
  parser.Group("Administrator");
  Declare(parser, &options->facade);
  parser.Path("token-file", &options->token_file, "",
              "An administrator's login, instead of PROFILE.tokens beside the profiles");
  parser.String("email", &options->email, "",
                "Log in as this administrator, for this command alone");
  parser.FileThatExists("password-file", &options->password_file, "",
                        "With --email: that administrator's password, instead of asking");
}

LoggedIn::LoggedIn(const std::shared_ptr<grpc::Channel>& channel, std::string token_file)
    : auth_(AuthService::NewStub(channel)),
      admin_(auth::v1::AdminService::NewStub(channel)),
      token_file_(std::move(token_file)) {}

LoggedIn::~LoggedIn() {
  if (stays_ || !token_file_.empty() || tokens_.access_token().empty()) return;
  rpc::OutgoingContext context = NewContext(tokens_.access_token());
  // A session that could not be ended idles out.
  static_cast<void>(
      CallWith(context, *auth_, &AuthService::StubInterface::Logout, auth::v1::LogoutRequest()));
}

absl::StatusOr<std::unique_ptr<LoggedIn>> LoggedIn::Open(const LoginOptions& options,
                                                         const Invocation& call) {
  absl::StatusOr<std::string> file = std::string();
  absl::StatusOr<auth::v1::Tokens> kept = auth::v1::Tokens();
  if (options.email.empty()) {  // before anybody is called: it may be that nobody is logged in
    file = TokenFileOf(options.token_file, call);
    if (!file.ok()) return file.status();
    kept = ReadTokens(*file);
    if (!kept.ok()) return kept.status();
  }
  const auto channel = Reach(options.facade);
  if (!channel.ok()) return channel.status();
  auto session = std::unique_ptr<LoggedIn>(new LoggedIn(*channel, *file));
  session->tokens_ = *std::move(kept);
  if (options.email.empty()) return session;
  if (absl::Status in = session->LogIn(options); !in.ok()) return in;
  return session;
}

absl::Status LoggedIn::LogIn(const LoginOptions& options) {
  const auto password = SecretFrom(options.password_file, "Password of " + options.email + ": ");
  if (!password.ok()) return WithExitCode(password.status(), ExitCode::kUsage);
  const auto answer = Login(*auth_, options.email, *password,
                            [](const auto&) { return AskSecret("Code of the second factor: "); });
  if (!answer.ok()) return answer.status();
  tokens_ = answer->tokens;
  return absl::OkStatus();
}

absl::Status LoggedIn::Refresh() {
  if (tokens_.refresh_token().empty()) {
    return WithExitCode(absl::UnauthenticatedError(
                            "the access token has ended, and there is no refresh token beside it: "
                            "log in again with `tokenforge login`"),
                        ExitCode::kNotLoggedIn);
  }
  std::unique_ptr<NewTokens> place;
  if (!token_file_.empty()) {
    auto begun = NewTokens::Begin(token_file_);
    if (!begun.ok()) return begun.status();
    place = *std::move(begun);
  }
  auth::v1::RefreshRequest request;
  request.set_refresh_token(tokens_.refresh_token());
  rpc::OutgoingContext context = NewContext();
  auto answer = CallWith(context, *auth_, &AuthService::StubInterface::Refresh, request);
  if (!answer.ok()) return NotRefreshed(answer.status());
  tokens_ = std::move(*answer->mutable_tokens());
  return place == nullptr ? absl::OkStatus() : place->Commit(tokens_);
}

absl::Status LoggedIn::KeepFresh() {
  const bool ending = tokens_.has_access_expire_time() && LeftOf(tokens_) < kLeast;
  return ending ? Refresh() : absl::OkStatus();
}

absl::StatusOr<rpc::OutgoingContext> LoggedIn::NewCall(seconds at_most) {
  if (absl::Status fresh = KeepFresh(); !fresh.ok()) return fresh;
  return NewContext(tokens_.access_token(), at_most);
}

std::function<Run(config::Parser&)> ForPerson(LoggedInBody body) {
  return [body](config::Parser& parser) -> Run {
    auto options = std::make_shared<LoginOptions>();
    DeclarePerson(parser, options.get());
    return [options, body](const Invocation& call) { return RunAs(*options, body, call); };
  };
}

std::function<Run(config::Parser&)> ForAdministrator(LoggedInBody body) {
  return [body](config::Parser& parser) -> Run {
    auto options = std::make_shared<LoginOptions>();
    DeclareAdministrator(parser, options.get());
    return [options, body](const Invocation& call) { return RunAs(*options, body, call); };
  };
}

}  // namespace tokenforge::cli
