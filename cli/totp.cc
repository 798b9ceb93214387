#include "cli/totp.h"

#include <grpcpp/channel.h>

#include <memory>
#include <ostream>
#include <string>
#include <string_view>
#include <utility>

#include "cli/client.h"
#include "cli/terminal.h"
#include "cli/totp_qr.h"
#include "lib/config/config.h"
#include "lib/errors/errors.h"
#include "lib/rpc/status.h"
#include "lib/secret/file.h"

namespace tokenforge::cli {
namespace {

namespace reasons = errors::reasons;
constexpr int kTries = 3;
constexpr std::string_view kHelp =
    "tokenforge totp: a person's second factor\n"
    "\n"
    "  tokenforge totp enroll    show a QR code, ask for a code, put the second factor in force\n"
    "  tokenforge totp disable   ask for the password, remove the second factor\n"
    "\n"
    "Both need an access token of that person in a file. Each has --help, which lists its flags.\n";

struct Options {
  std::string auth, auth_identity, certs, identity, token_file;
  bool no_qr = false;
};

void DeclareCommon(config::Parser& parser, Options* options) {
  parser.Address("auth", &options->auth, "127.0.0.1:7443", "The façade");
  parser.String("auth-identity", &options->auth_identity, "/auth",
                "Its SPIFFE ID, or its path in our trust domain");
  parser.Path("certs", &options->certs, ".dev/certs",
              "Folder with our certificate and key, and ca.crt");
  parser.String("identity", &options->identity, "app", "Name of our certificate and key there");
  parser
      .FileThatExists("token-file", &options->token_file, "",
                      "A file, readable by us alone, with the person's access token on one line")
      .Required();
}

class Person {
 public:
  Person(const std::shared_ptr<grpc::Channel>& channel, secret::Secret token)
      : stub_(auth::v1::AuthService::NewStub(channel)), token_(std::move(token)) {}

  template <class Request, class Response>
  absl::StatusOr<Response> Call(grpc::Status (auth::v1::AuthService::StubInterface::*method)(
                                    grpc::ClientContext*, const Request&, Response*),
                                const Request& request) {
    rpc::OutgoingContext context = NewContext(std::string(token_.Expose()));
    Response response;
    const grpc::Status status = ((*stub_).*method)(&context.client(), request, &response);
    if (!status.ok()) return rpc::FromGrpc(status, "auth");
    return response;
  }

 private:
  std::unique_ptr<auth::v1::AuthService::StubInterface> stub_;
  const secret::Secret token_;
};

absl::StatusOr<std::unique_ptr<Person>> Connect(const Options& options) {
  absl::StatusOr<secret::Secret> token = secret::ReadLine(options.token_file);
  if (!token.ok()) return token.status();
  const std::string base = options.certs + "/";
  const rpc::TlsFiles files{base + options.identity + ".crt", base + options.identity + ".key",
                            base + "ca.crt"};
  const auto channel = Reach(options.auth, files, options.auth_identity);
  if (!channel.ok()) return channel.status();
  return std::make_unique<Person>(*channel, *std::move(token));
}

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

absl::StatusOr<auth::v1::ConfirmTotpResponse> AskAndConfirm(Person& person, std::istream& in,
                                                            std::ostream& err) {
  absl::Status last;
  for (int tried = 0; tried < kTries; ++tried) {
    const auto code = Ask(in, err, "The six digits that it shows now: ");
    if (!code) return absl::CancelledError("no code was typed; nothing has changed");
    auth::v1::ConfirmTotpRequest request;
    request.set_code(WithoutBlanks(code->Expose()));
    auto confirmed = person.Call(&auth::v1::AuthService::StubInterface::ConfirmTotp, request);
    if (confirmed.ok()) return confirmed;
    last = confirmed.status();
    const auto reason = errors::ReasonOf(last);
    if (reason != reasons::CODE_INVALID && reason != reasons::INVALID_FIELD) return last;
    err << last.message() << "\n";
  }
  return last;
}

absl::Status Enroll(const Options& options, std::istream& in, std::ostream& out,
                    std::ostream& err) {
  auto person = Connect(options);
  if (!person.ok()) return person.status();
  const auto enrolled = (*person)->Call(&auth::v1::AuthService::StubInterface::EnrollTotp,
                                        auth::v1::EnrollTotpRequest());
  if (!enrolled.ok()) return enrolled.status();
  ShowSecret(*enrolled, !options.no_qr, out);
  const auto confirmed = AskAndConfirm(**person, in, err);
  if (!confirmed.ok()) return confirmed.status();
  out << "The second factor is in force. If the app is lost, each of these logs in once; they are "
         "never shown again:\n\n";
  for (const std::string& code : confirmed->recovery_codes()) out << "  " << code << "\n";
  return absl::OkStatus();
}

absl::Status Disable(const Options& options, std::istream& in, std::ostream& out,
                     std::ostream& err) {
  auto person = Connect(options);
  if (!person.ok()) return person.status();
  const auto password = AskSecretly(in, err, "Password: ");
  if (!password) return absl::CancelledError("no password was typed; nothing has changed");
  auth::v1::DisableTotpRequest request;
  request.set_password(std::string(password->Expose()));
  const auto disabled =
      (*person)->Call(&auth::v1::AuthService::StubInterface::DisableTotp, request);
  if (!disabled.ok()) return disabled.status();
  out << "The second factor is removed.\n";
  return absl::OkStatus();
}

int Done(const absl::Status& status, const std::string& command, std::ostream& err) {
  if (status.ok()) return 0;
  err << command << ": " << Outcome(status) << ": " << status.message() << std::endl;
  return 1;
}

}  // namespace

int Totp(int argc, const char* const* argv, std::istream& in, std::ostream& out,
         std::ostream& err) {
  const std::string_view action = argc > 1 ? argv[1] : "";
  Options options;
  if (action == "enroll") {
    config::Parser parser("tokenforge totp enroll", "Puts a second factor in force.");
    DeclareCommon(parser, &options);
    parser.Bool("no-qr", &options.no_qr, false,
                "Show no QR code, for terminals without UTF-8 or colours");
    if (const auto read = parser.Parse(argc - 1, argv + 1); !read.run) return read.exit_code;
    return Done(Enroll(options, in, out, err), "tokenforge totp enroll", err);
  }
  if (action == "disable") {
    config::Parser parser("tokenforge totp disable", "Removes the second factor.");
    DeclareCommon(parser, &options);
    if (const auto read = parser.Parse(argc - 1, argv + 1); !read.run) return read.exit_code;
    return Done(Disable(options, in, out, err), "tokenforge totp disable", err);
  }
  const bool asked = action == "--help" || action == "-h";
  (asked ? out : err) << kHelp;
  return asked ? 0 : 2;
}

}  // namespace tokenforge::cli
