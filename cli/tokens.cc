// token inspect, token print, introspect: looking at an access token.
#include <grpcpp/channel.h>

#include <fstream>
#include <memory>
#include <ostream>
#include <sstream>

#include "cli/decoded_token.h"
#include "cli/families.h"
#include "cli/logged_in.h"
#include "cli/secret_flags.h"
#include "cli/token_file.h"
#include "cli/token_verdict.h"
#include "lib/config/config.h"
#include "tokenforge/auth/v1/trust.grpc.pb.h"

namespace tokenforge::cli {
namespace {

using Auth = auth::v1::AuthService::StubInterface;
using auth::v1::TrustService;
constexpr char kGroup[] = "Tokens";

struct Options {
  LoginOptions login;
  std::int64_t descriptor = -1;
  std::string jwks_file, issuer, audience;
};

absl::StatusOr<secret::Secret> TokenOf(const Options& options, const Invocation& call) {
  if (options.descriptor >= 0) return LineOfDescriptor(static_cast<int>(options.descriptor));
  const auto file = TokenFileOf(options.login.token_file, call);
  if (!file.ok()) return file.status();
  const auto tokens = ReadTokens(*file);
  if (!tokens.ok()) return tokens.status();
  return secret::Secret(tokens->access_token());
}

absl::StatusOr<auth::v1::TrustSnapshot> TrustOfFile(const Options& options) {
  std::ostringstream jwks;
  const std::ifstream file(options.jwks_file, std::ios::binary);
  if (!file || !(jwks << file.rdbuf())) return UsageError(options.jwks_file + " cannot be read");
  if (options.issuer.empty()) {
    return UsageError("with --jwks-file, --issuer says whose keys they are");
  }
  auth::v1::TrustSnapshot trust;
  trust.set_jwks(std::move(jwks).str());
  return trust;
}

absl::StatusOr<auth::v1::TrustSnapshot> TrustOf(const Options& options) {
  if (!options.jwks_file.empty()) return TrustOfFile(options);
  const auto channel = Reach(options.login.facade);
  if (!channel.ok()) return channel.status();
  const auto stub = std::unique_ptr<TrustService::StubInterface>(TrustService::NewStub(*channel));
  rpc::OutgoingContext context = NewContext();
  auto answer =
      CallWith(context, *stub, &TrustService::StubInterface::GetTrust, auth::v1::GetTrustRequest());
  if (!answer.ok()) return answer.status();
  return std::move(*answer->mutable_snapshot());
}

absl::StatusOr<ExitCode> Inspect(const Options& options, const Invocation& call) {
  const auto token = TokenOf(options, call);
  if (!token.ok()) return token.status();
  auto trust = TrustOf(options);
  if (!trust.ok()) return trust.status();
  if (!options.issuer.empty()) trust->set_issuer(options.issuer);
  const auto verdict = Judge(token->Expose(), *trust, options.audience, clock::SystemClock());
  if (!verdict.ok()) return verdict.status();
  Record record;
  record.Truth("accepted", verdict->accepted);
  if (!verdict->accepted) record.Text("reason", verdict->reason).Text("why", verdict->why);
  if (!options.jwks_file.empty()) record.Text("revocations", "not known from a file of keys");
  DecodedToken(token->Expose()).AddTo(record);
  Show(record, call.json, call.out);
  if (verdict->accepted) return ExitCode::kDone;
  call.err << call.program << ": guards refuse it with " << verdict->reason << ": "
           << Printable(verdict->why) << "\n";
  return ExitCode::kNotAsItShould;
}

absl::StatusOr<ExitCode> Print(LoggedIn& session, const Invocation& call) {
  if (absl::Status fresh = session.KeepFresh(); !fresh.ok()) return fresh;
  call.out << session.tokens().access_token() << '\n';
  return ExitCode::kDone;
}

absl::StatusOr<ExitCode> Introspect(const Options& options, const Invocation& call) {
  const auto token = TokenOf(options, call);
  if (!token.ok()) return token.status();
  const auto channel = Reach(options.login.facade);
  if (!channel.ok()) return channel.status();
  const auto stub = std::unique_ptr<Auth>(auth::v1::AuthService::NewStub(*channel));
  auth::v1::IntrospectRequest request;
  request.set_token(std::string(token->Expose()));
  rpc::OutgoingContext context = NewContext();
  const auto answer = CallWith(context, *stub, &Auth::Introspect, request);
  if (!answer.ok()) return answer.status();
  Record record;
  record.Truth("active", answer->active());
  if (answer->active()) {
    record.Text("sub", answer->sub())
        .Text("username", answer->username())
        .Text("client_id", answer->client_id())
        .Text("scope", answer->scope())
        .Texts("roles", {answer->roles().begin(), answer->roles().end()})
        .Texts("aud", {answer->aud().begin(), answer->aud().end()})
        .Text("iss", answer->iss())
        .Text("sid", answer->sid())
        .Text("jti", answer->jti())
        .Time("iat", answer->iat())
        .Time("nbf", answer->nbf())
        .Time("exp", answer->exp());
  }
  Show(record, call.json, call.out);
  return answer->active() ? ExitCode::kDone : ExitCode::kNotAsItShould;
}

void DeclareToken(config::Parser& parser, Options* options) {
  DeclarePerson(parser, &options->login);
  parser.Integer("token-fd", &options->descriptor, -1,
                 "The access token is the next line of this descriptor", -1, 1023);
}

Run DeclareInspect(config::Parser& parser) {
  auto options = std::make_shared<Options>();
  DeclareToken(parser, options.get());
  parser.FileThatExists("jwks-file", &options->jwks_file, "",
                        "Verify with the keys of this JWK Set instead of asking the façade");
  parser.String("issuer", &options->issuer, "",
                "Who must have issued it; else who the façade says");
  parser.String("audience", &options->audience, "tokenforge", "Whom it must be for");
  return [options](const Invocation& call) { return Inspect(*options, call); };
}

Run DeclareIntrospect(config::Parser& parser) {
  auto options = std::make_shared<Options>();
  DeclareToken(parser, options.get());
  return [options](const Invocation& call) { return Introspect(*options, call); };
}

}  // namespace

std::vector<Command> TokenCommands() {
  return {
      {.name = "token inspect",
       .group = kGroup,
       .summary = "decode an access token, verify it as a guard does, and say exactly why not",
       .examples = {{"tokenforge token inspect", "the token of your own login"},
                    {"tokenforge token inspect --token-fd=0 --audience=notes <token.txt",
                     "another one, for another server"}},
       .declare = DeclareInspect},
      {.name = "token print",
       .group = kGroup,
       .summary = "print your access token, refreshed if it is time, for another program",
       .examples = {{"grpcurl -H \"authorization: Bearer $(tokenforge token print)\" …",
                     "call a guarded server; the token is then an argument of that program"}},
       .json = false,
       .declare = ForPerson(Print)},
      {.name = "introspect",
       .group = kGroup,
       .summary = "ask the suite whether an access token is active, and whose it is (RFC 7662)",
       .declare = DeclareIntrospect},
  };
}

}  // namespace tokenforge::cli
