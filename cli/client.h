// Client: the calls that the command line makes, over mTLS, each with a deadline.
//
// Errors are absl::Status with the reason that the server gave (lib/errors). Used by one thread;
// blocks.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/rpc/outgoing.h"
#include "lib/rpc/status.h"
#include "lib/rpc/tls.h"
#include "lib/secret/secret.h"
#include "tokenforge/auth/v1/auth.grpc.pb.h"

namespace tokenforge::cli {

// A channel whose server has answered; UNAVAILABLE, saying what to do, when nobody does within five
// seconds.
absl::StatusOr<std::shared_ptr<grpc::Channel>> Reach(const std::string& address,
                                                     const rpc::TlsFiles& files,
                                                     const std::string& identity);

// A context with a deadline, of ten seconds if nothing else is said; with a token as
// `authorization: Bearer` unless it is empty.
rpc::OutgoingContext NewContext(const std::string& access_token = "",
                                std::chrono::seconds at_most = std::chrono::seconds(10));

// A unary method of a generated stub.
template <class Stub, class Request, class Response>
using Method = grpc::Status (Stub::*)(grpc::ClientContext*, const Request&, Response*);

// One call of it; errors of the façade carry their reason.
template <class Stub, class Request, class Response>
absl::StatusOr<Response> CallWith(rpc::OutgoingContext& context, Stub& stub,
                                  Method<Stub, Request, Response> method, const Request& request) {
  Response response;
  const grpc::Status status = (stub.*method)(&context.client(), request, &response);
  if (!status.ok()) return rpc::FromGrpc(status, "auth");
  return response;
}

// The façade.
class AuthClient {
 public:
  explicit AuthClient(const std::shared_ptr<grpc::Channel>& channel);

  absl::StatusOr<auth::v1::RegisterResponse> Register(const std::string& email,
                                                      const std::string& password);
  absl::StatusOr<auth::v1::LoginResponse> Login(const std::string& email,
                                                const std::string& password);
  absl::StatusOr<auth::v1::Tokens> Refresh(const std::string& refresh_token);
  absl::Status Logout(const std::string& access_token);
  absl::Status WhoAmI(const std::string& access_token);

 private:
  std::unique_ptr<auth::v1::AuthService::StubInterface> stub_;
};

// Calls any unary method by its path, "/package.Service/Method", with an empty request; the
// answer's content does not matter. So the command line needs no proto of the server that it calls.
absl::Status CallEmpty(const std::shared_ptr<grpc::Channel>& channel, const std::string& method,
                       const std::string& access_token);

// "OK", or the code and reason, such as "UNAUTHENTICATED TOKEN_REVOKED".
std::string Outcome(const absl::Status& status);

}  // namespace tokenforge::cli
