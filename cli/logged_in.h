// LoggedIn: somebody who is logged in, for as long as a command takes.
//
// Either with the tokens that `tokenforge login` kept (they are refreshed before they end, and kept
// anew), or, where an email is named, with a login of this command's own: a password asked for at
// the terminal or from a file, a code when a second factor is in force, and a logout at the end, so
// that no session stays behind. Blocks; used by one thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "cli/client.h"
#include "cli/command.h"
#include "cli/facade.h"
#include "lib/rpc/outgoing.h"
#include "tokenforge/auth/v1/admin.grpc.pb.h"
#include "tokenforge/auth/v1/auth.grpc.pb.h"

namespace tokenforge::cli {

struct LoginOptions {
  FacadeOptions facade;
  std::string token_file;  // empty: of the profile
  std::string email;       // log in for this command alone
  std::string password_file;
};

// Flags of what anybody does who is logged in.
void DeclarePerson(config::Parser& parser, LoginOptions* options);
// The same for administrators, who may log in for one command.
void DeclareAdministrator(config::Parser& parser, LoginOptions* options);

class LoggedIn {
 public:
  static absl::StatusOr<std::unique_ptr<LoggedIn>> Open(const LoginOptions& options,
                                                        const Invocation& call);
  ~LoggedIn();
  LoggedIn(const LoggedIn&) = delete;
  LoggedIn& operator=(const LoggedIn&) = delete;

  auth::v1::AuthService::StubInterface& auth() { return *auth_; }
  auth::v1::AdminService::StubInterface& admin() { return *admin_; }
  const std::string& token_file() const { return token_file_; }  // empty: none is used
  const auth::v1::Tokens& tokens() const { return tokens_; }

  // From here on a login of this command's own is not ended with it.
  void Stay() { stays_ = true; }

  // For one call, with a token that lasts at least a minute if it can be refreshed.
  absl::StatusOr<rpc::OutgoingContext> NewCall(std::chrono::seconds at_most);

  // Calls a method of auth() or admin(); 20 s. A token that is refused although it has not ended
  // (its key was revoked) is refreshed, and the call made once more. When that is refused too, its
  // error says more than the first one.
  template <class Stub, class Request, class Response>
  absl::StatusOr<Response> Call(Stub& stub, Method<Stub, Request, Response> method,
                                const Request& request) {
    absl::StatusOr<Response> answer = CallOnce(stub, method, request);
    if (ExitCodeOf(answer.status()) != ExitCode::kNotLoggedIn || tokens_.refresh_token().empty()) {
      return answer;
    }
    if (absl::Status fresh = Refresh(); !fresh.ok()) return fresh;
    return CallOnce(stub, method, request);
  }

  // What NewCall does first: new tokens when those at hand last less than a minute.
  absl::Status KeepFresh();

  // New tokens now; kept, where tokens are kept. The session's end is kNotLoggedIn.
  absl::Status Refresh();

 private:
  LoggedIn(const std::shared_ptr<grpc::Channel>& channel, std::string token_file);
  absl::Status LogIn(const LoginOptions& options);

  template <class Stub, class Request, class Response>
  absl::StatusOr<Response> CallOnce(Stub& stub, Method<Stub, Request, Response> method,
                                    const Request& request) {
    absl::StatusOr<rpc::OutgoingContext> context = NewCall(std::chrono::seconds(20));
    if (!context.ok()) return context.status();
    return CallWith(*context, stub, method, request);
  }

  const std::unique_ptr<auth::v1::AuthService::StubInterface> auth_;
  const std::unique_ptr<auth::v1::AdminService::StubInterface> admin_;
  const std::string token_file_;
  auth::v1::Tokens tokens_;
  bool stays_ = false;
};

// The declaration of a command with these settings and no others.
using LoggedInBody = absl::StatusOr<ExitCode> (*)(LoggedIn& session, const Invocation& call);
std::function<Run(config::Parser&)> ForPerson(LoggedInBody body);
std::function<Run(config::Parser&)> ForAdministrator(LoggedInBody body);

}  // namespace tokenforge::cli
