// password change, password reset-request, password reset.
#include <grpcpp/channel.h>

#include <memory>

#include "cli/families.h"
#include "cli/logged_in.h"
#include "cli/secret_flags.h"
#include "lib/config/config.h"

namespace tokenforge::cli {
namespace {

using auth::v1::AuthService;
using Auth = AuthService::StubInterface;
constexpr char kGroup[] = "Your own account";

struct ChangeOptions {
  LoginOptions login;
  SecretFlags present, next;
};

struct ResetOptions {
  FacadeOptions facade;
  SecretFlags token, next;
};

absl::StatusOr<ExitCode> Change(const ChangeOptions& options, const Invocation& call) {
  const auto session = LoggedIn::Open(options.login, call);
  if (!session.ok()) return session.status();
  const auto present = options.present.Take("The password as it is: ");
  if (!present.ok()) return present.status();
  const auto next = options.next.TakeNew("The new password: ");
  if (!next.ok()) return next.status();
  auth::v1::ChangePasswordRequest request;
  request.set_current_password(std::string(present->Expose()));
  request.set_new_password(std::string(next->Expose()));
  const auto changed = (*session)->Call((*session)->auth(), &Auth::ChangePassword, request);
  if (!changed.ok()) return changed.status();
  call.err << "The password is changed. All other sessions have ended.\n";
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> RequestReset(const FacadeOptions& facade, const Invocation& call) {
  const auto channel = Reach(facade);
  if (!channel.ok()) return channel.status();
  auth::v1::RequestPasswordResetRequest request;
  request.set_email(call.operands[0]);
  rpc::OutgoingContext context = NewContext();
  const auto stub = std::unique_ptr<Auth>(AuthService::NewStub(*channel));
  const auto asked = CallWith(context, *stub, &Auth::RequestPasswordReset, request);
  if (!asked.ok()) return asked.status();
  call.err << "If there is such an account, a mail is on its way.\n";
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Reset(const ResetOptions& options, const Invocation& call) {
  const auto channel = Reach(options.facade);
  if (!channel.ok()) return channel.status();
  const auto token = options.token.Take("The token of the mail: ");
  if (!token.ok()) return token.status();
  const auto next = options.next.TakeNew("The new password: ");
  if (!next.ok()) return next.status();
  auth::v1::ResetPasswordRequest request;
  request.set_token(std::string(token->Expose()));
  request.set_new_password(std::string(next->Expose()));
  rpc::OutgoingContext context = NewContext();
  const auto stub = std::unique_ptr<Auth>(AuthService::NewStub(*channel));
  const auto done = CallWith(context, *stub, &Auth::ResetPassword, request);
  if (!done.ok()) return done.status();
  call.err << "The password is changed. All sessions have ended: log in.\n";
  return ExitCode::kDone;
}

Run DeclareChange(config::Parser& parser) {
  auto options = std::make_shared<ChangeOptions>();
  DeclarePerson(parser, &options->login);
  options->present.Declare(parser, "password", "The password as it is");
  options->next.Declare(parser, "new-password", "The new password");
  return [options](const Invocation& call) { return Change(*options, call); };
}

Run DeclareRequest(config::Parser& parser) {
  auto facade = std::make_shared<FacadeOptions>();
  Declare(parser, facade.get());
  return [facade](const Invocation& call) { return RequestReset(*facade, call); };
}

Run DeclareReset(config::Parser& parser) {
  auto options = std::make_shared<ResetOptions>();
  Declare(parser, &options->facade);
  options->token.Declare(parser, "token", "The token of the mail");
  options->next.Declare(parser, "new-password", "The new password");
  return [options](const Invocation& call) { return Reset(*options, call); };
}

}  // namespace

std::vector<Command> PasswordCommands() {
  return {
      {.name = "password change",
       .group = kGroup,
       .summary = "another password; all other sessions end",
       .json = false,
       .declare = DeclareChange},
      {.name = "password reset-request",
       .group = kGroup,
       .summary = "have a mail sent that lets you set a new password",
       .operands = {{"EMAIL", "Of the account"}},
       .json = false,
       .declare = DeclareRequest},
      {.name = "password reset",
       .group = kGroup,
       .summary = "set a new password with the token of that mail; all sessions end",
       .json = false,
       .declare = DeclareReset},
  };
}

}  // namespace tokenforge::cli
