// totp enroll, totp disable: a person's second factor from a terminal.
//
// Enrolling shows the secret as a QR code and as text, asks for a code of the app, and shows the
// recovery codes, once. Disabling asks for the password. Both read what is typed from standard
// input, so that a program may answer too.
#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "cli/families.h"
#include "cli/logged_in.h"
#include "cli/terminal.h"
#include "cli/totp_qr.h"
#include "lib/config/config.h"
#include "lib/errors/errors.h"

namespace tokenforge::cli {
namespace {

namespace reasons = errors::reasons;
constexpr int kTries = 3;
using Auth = auth::v1::AuthService::StubInterface;

void ShowSecret(const auth::v1::EnrollTotpResponse& enrolled, bool with_qr, std::ostream& out) {
  if (with_qr) {
    const absl::StatusOr<QrModules> code = EncodeQr(enrolled.otpauth_uri());
    out << (code.ok() ? "Scan this with an authenticator app:\n\n" + DrawQr(*code)
                      : "There is no QR code: its content is too long.\n");
  }
  out << "\nTyped in, the secret is  " << enrolled.secret() << "\nand as a link            "
      << enrolled.otpauth_uri() << "\n\n"
      << std::flush;
}

// Codes are shown in two groups by many apps, and typed like that.
std::string WithoutBlanks(std::string_view code) {
  std::string kept;
  for (const char c : code) {
    if (c != ' ') kept += c;
  }
  return kept;
}

absl::StatusOr<auth::v1::ConfirmTotpResponse> AskAndConfirm(LoggedIn& person, std::istream& in,
                                                            std::ostream& err) {
  absl::Status last;
  for (int tried = 0; tried < kTries; ++tried) {
    const auto code = Ask(in, err, "The six digits that it shows now: ");
    if (!code) return absl::CancelledError("no code was typed; nothing has changed");
    auth::v1::ConfirmTotpRequest request;
    request.set_code(WithoutBlanks(code->Expose()));
    auto confirmed = person.Call(person.auth(), &Auth::ConfirmTotp, request);
    if (confirmed.ok()) return confirmed;
    last = confirmed.status();
    const auto reason = errors::ReasonOf(last);
    if (reason != reasons::CODE_INVALID && reason != reasons::INVALID_FIELD) return last;
    err << last.message() << "\n";
  }
  return last;
}

struct Options {
  LoginOptions login;
  bool no_qr = false;
};

absl::StatusOr<ExitCode> Enroll(const Options& options, const Invocation& call) {
  const auto person = LoggedIn::Open(options.login, call);
  if (!person.ok()) return person.status();
  const auto enrolled =
      (*person)->Call((*person)->auth(), &Auth::EnrollTotp, auth::v1::EnrollTotpRequest());
  if (!enrolled.ok()) return enrolled.status();
  ShowSecret(*enrolled, !options.no_qr, call.out);
  const auto confirmed = AskAndConfirm(**person, call.in, call.err);
  if (!confirmed.ok()) return confirmed.status();
  call.out << "The second factor is in force. If the app is lost, each of these logs in once; they "
              "are never shown again:\n\n";
  for (const std::string& code : confirmed->recovery_codes()) call.out << "  " << code << "\n";
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Disable(LoggedIn& person, const Invocation& call) {
  const auto password = AskSecretly(call.in, call.err, "Password: ");
  if (!password) return absl::CancelledError("no password was typed; nothing has changed");
  auth::v1::DisableTotpRequest request;
  request.set_password(std::string(password->Expose()));
  const auto disabled = person.Call(person.auth(), &Auth::DisableTotp, request);
  if (!disabled.ok()) return disabled.status();
  call.out << "The second factor is removed.\n";
  return ExitCode::kDone;
}

Run DeclareEnroll(config::Parser& parser) {
  auto options = std::make_shared<Options>();
  DeclarePerson(parser, &options->login);
  parser.Bool("no-qr", &options->no_qr, false,
              "Show no QR code, for terminals without UTF-8 or colours");
  return [options](const Invocation& call) { return Enroll(*options, call); };
}

}  // namespace

std::vector<Command> TotpCommands() {
  return {{.name = "totp enroll",
           .group = "Your own account",
           .summary = "put a second factor in force, with a QR code for an authenticator app",
           .json = false,
           .declare = DeclareEnroll},
          {.name = "totp disable",
           .group = "Your own account",
           .summary = "remove the second factor",
           .json = false,
           .declare = ForPerson(Disable)}};
}

}  // namespace tokenforge::cli
