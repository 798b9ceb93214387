// register, login, refresh, logout, whoami: a person's own login.
#include <grpcpp/channel.h>

#include <memory>
#include <utility>

#include "cli/account_records.h"
#include "cli/families.h"
#include "cli/logged_in.h"
#include "cli/login.h"
#include "cli/secret_flags.h"
#include "cli/terminal.h"
#include "cli/token_file.h"
#include "lib/config/config.h"

namespace tokenforge::cli {
namespace {

using auth::v1::AuthService;
using Auth = AuthService::StubInterface;
constexpr char kGroup[] = "Your own account";

struct EntryOptions {
  LoginOptions login;
  SecretFlags password, code;
  std::string given_name, family_name;
  bool recovery = false;
};

// Tokens that could not be kept would leave a session behind that nobody can use.
absl::Status Keep(NewTokens& place, Auth& auth, const auth::v1::Tokens& tokens) {
  const absl::Status kept = place.Commit(tokens);
  if (kept.ok()) return kept;
  rpc::OutgoingContext context = NewContext(tokens.access_token());
  static_cast<void>(CallWith(context, auth, &Auth::Logout, auth::v1::LogoutRequest()));
  return kept;
}

// What both ways in begin with: a place for the tokens, and the façade.
struct Door {
  std::unique_ptr<NewTokens> place;
  std::unique_ptr<Auth> auth;
};

absl::StatusOr<Door> Begin(const EntryOptions& options, const Invocation& call) {
  const auto file = TokenFileOf(options.login.token_file, call);
  if (!file.ok()) return file.status();
  auto place = NewTokens::Begin(*file);
  if (!place.ok()) return place.status();
  const auto channel = Reach(options.login.facade);
  if (!channel.ok()) return channel.status();
  return Door{*std::move(place), AuthService::NewStub(*channel)};
}

absl::StatusOr<ExitCode> RunRegister(const EntryOptions& options, const Invocation& call) {
  auto door = Begin(options, call);
  if (!door.ok()) return door.status();
  const auto password = options.password.TakeNew("A new password: ");
  if (!password.ok()) return password.status();
  auth::v1::RegisterRequest request;
  request.set_email(call.operands[0]);
  request.set_password(std::string(password->Expose()));
  request.set_given_name(options.given_name);
  request.set_family_name(options.family_name);
  request.mutable_device()->set_name(DeviceName());
  rpc::OutgoingContext context = NewContext();
  const auto answer = CallWith(context, *door->auth, &Auth::Register, request);
  if (!answer.ok()) return answer.status();
  if (!answer->has_tokens()) {
    call.err << "The suite does not say whether there was such an account. If there was none, "
                "there is one in a moment: log in.\n";
    return ExitCode::kDone;
  }
  if (absl::Status kept = Keep(*door->place, *door->auth, answer->tokens()); !kept.ok())
    return kept;
  Show(RecordOf(answer->user(), answer->tokens()), call.json, call.out);
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> RunLogin(const EntryOptions& options, const Invocation& call) {
  auto door = Begin(options, call);
  if (!door.ok()) return door.status();
  const auto password = options.password.Take("Password of " + call.operands[0] + ": ");
  if (!password.ok()) return password.status();
  const auto code = [&](const auth::v1::MfaChallenge&) {
    return options.code.Take(options.recovery ? "Recovery code: " : "Code of the second factor: ");
  };
  const auto entered = Login(*door->auth, call.operands[0], *password, code, options.recovery);
  if (!entered.ok()) return entered.status();
  if (absl::Status kept = Keep(*door->place, *door->auth, entered->tokens); !kept.ok()) return kept;
  Show(RecordOf(entered->user, entered->tokens), call.json, call.out);
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> RunRefresh(LoggedIn& session, const Invocation& call) {
  if (absl::Status fresh = session.Refresh(); !fresh.ok()) return fresh;
  const auth::v1::Tokens& tokens = session.tokens();
  Record record;
  record.Text("session_id", tokens.session_id())
      .Time("access_expire_time", tokens.access_expire_time())
      .Time("refresh_expire_time", tokens.refresh_expire_time());
  Show(record, call.json, call.out);
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> RunLogout(const LoginOptions& options, bool all, const Invocation& call) {
  const auto session = LoggedIn::Open(options, call);
  if (!session.ok()) return session.status();
  Auth& auth = (*session)->auth();
  int ended = 1;
  absl::Status done;
  if (all) {
    const auto answer = (*session)->Call(auth, &Auth::LogoutAll, auth::v1::LogoutAllRequest());
    done = answer.status();
    if (answer.ok()) ended = answer->sessions_ended();
  } else {
    done = (*session)->Call(auth, &Auth::Logout, auth::v1::LogoutRequest()).status();
  }
  // A session that has ended already is what was asked for; one that may go on is not forgotten.
  const bool over = ExitCodeOf(done) == ExitCode::kNotLoggedIn;
  if (!done.ok() && (!over || all)) return done;
  if (absl::Status gone = RemoveTokens((*session)->token_file()); !gone.ok()) return gone;
  Record record;
  record.Number("sessions_ended", over ? 0 : ended);
  Show(record, call.json, call.out);
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> RunWhoAmI(LoggedIn& session, const Invocation& call) {
  const auto answer = session.Call(session.auth(), &Auth::WhoAmI, auth::v1::WhoAmIRequest());
  if (!answer.ok()) return answer.status();
  const auth::v1::User& user = answer->user();
  Record record;
  record.Text("user_id", user.user_id())
      .Text("email", user.email())
      .Truth("email_verified", user.email_verified())
      .Text("given_name", user.given_name())
      .Text("family_name", user.family_name())
      .Texts("roles", {answer->roles().begin(), answer->roles().end()})
      .Texts("scopes", {answer->scopes().begin(), answer->scopes().end()})
      .Truth("mfa_enabled", user.mfa_enabled())
      .Text("session_id", answer->session_id())
      .Time("expire_time", answer->expire_time());
  Show(record, call.json, call.out);
  return ExitCode::kDone;
}

Run DeclareRegister(config::Parser& parser) {
  auto options = std::make_shared<EntryOptions>();
  DeclarePerson(parser, &options->login);
  options->password.Declare(parser, "password", "The new password");
  parser.String("given-name", &options->given_name, "", "What friends call this person");
  parser.String("family-name", &options->family_name, "", "The other name");
  return [options](const Invocation& call) { return RunRegister(*options, call); };
}

Run DeclareLogin(config::Parser& parser) {
  auto options = std::make_shared<EntryOptions>();
  DeclarePerson(parser, &options->login);
  options->password.Declare(parser, "password", "The password");
  options->code.Declare(parser, "code", "The code of a second factor");
  parser.Bool("recovery-code", &options->recovery, false,
              "The code is one of the recovery codes, used up by this");
  return [options](const Invocation& call) { return RunLogin(*options, call); };
}

Run DeclareLogout(config::Parser& parser) {
  auto options = std::make_shared<std::pair<LoginOptions, bool>>();
  DeclarePerson(parser, &options->first);
  parser.Bool("all", &options->second, false, "End every session of this account, everywhere");
  return [options](const Invocation& call) {
    return RunLogout(options->first, options->second, call);
  };
}

}  // namespace

std::vector<Command> AccountCommands() {
  const Operand email{"EMAIL", "Of the account"};
  return {
      {.name = "register",
       .group = kGroup,
       .summary = "make an account, and log in",
       .operands = {email},
       .examples = {{"tokenforge register ada@example.org", "asks for a password, twice"}},
       .declare = DeclareRegister},
      {.name = "login",
       .group = kGroup,
       .summary = "log in, and keep the tokens for other commands",
       .operands = {email},
       .examples = {{"tokenforge login ada@example.org",
                     "asks for the password, and for a code when a second factor is in force"},
                    {"tokenforge login ada@example.org --password-fd=3 3<<<\"$PASSWORD\"",
                     "in a script, without showing the password to other processes"},
                    {"tokenforge login ada@example.org --profile=staging",
                     "at another suite, beside the login at the first"}},
       .declare = DeclareLogin},
      {.name = "refresh",
       .group = kGroup,
       .summary = "take new tokens now; other commands do so when it is time",
       .declare = ForPerson(RunRefresh)},
      {.name = "logout",
       .group = kGroup,
       .summary = "end the session, and forget its tokens",
       .examples = {{"tokenforge logout --all", "on every device; all have to log in again"}},
       .declare = DeclareLogout},
      {.name = "whoami",
       .group = kGroup,
       .summary = "who is logged in, with which roles",
       .examples = {{"tokenforge whoami --json | jq -r .user_id", "one member, for a script"}},
       .declare = ForPerson(RunWhoAmI)},
  };
}

}  // namespace tokenforge::cli
