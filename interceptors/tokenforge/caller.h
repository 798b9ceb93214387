// Caller: who makes the call that a handler is serving.
//
//   grpc::Status NotesService::Read(grpc::ServerContext* context, …) {
//     const tokenforge::Caller caller = tokenforge::CallerOf(*context);
//     if (note.owner() != caller.subject()) …
//
// Why a type: only the guard can make one that says anything, so a function that takes a Caller has
// an authenticated one, and there is no boolean to forget. Outside a guarded call, and for
// everything that the guard did not verify, a Caller is anonymous and has no rights.
//
// A small value: cheap to copy, immutable, usable from any thread and after the call has ended.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

namespace grpc {
class ServerContextBase;
}

namespace tokenforge {

struct VerifiedClaims;  // of a token whose signature, times, issuer, audience and type were checked
namespace internal {
class CallerMaker;
}

class Caller {
 public:
  enum class Kind {
    kAnonymous,  // nothing is proven: the method is PUBLIC and the connection has no identity
    kPeer,       // a service, proven by its client certificate alone; see peer()
    kUser,       // a person, proven by an access token
    kService,    // a service, proven by an access token of its own
  };
  using Time = std::chrono::system_clock::time_point;

  Caller() = default;  // anonymous

  Kind kind() const { return kind_; }
  // Whether an access token was verified: kUser or kService.
  bool authenticated() const { return claims_ != nullptr; }

  // The SPIFFE ID of the client certificate, or empty. It is the service that made the connection;
  // for a user's call that is the gateway.
  const std::string& peer() const;

  // The claims of the access token (RFC 9068). Empty, or the epoch, without one.
  const std::string& subject() const;     // `sub`: the user's ID, or a service's SPIFFE ID
  const std::string& session_id() const;  // `sid`
  const std::string& token_id() const;    // `jti`
  const std::string& client_id() const;   // `client_id`: the service that asked for the token
  const std::string& email() const;
  const std::string& issuer() const;
  const std::string& key_id() const;  // of the header
  const std::vector<std::string>& audiences() const;
  const std::vector<std::string>& roles() const;
  const std::vector<std::string>& scopes() const;
  const std::vector<std::string>& authentication_methods() const;  // `amr`
  Time issue_time() const;
  Time not_before_time() const;
  Time expire_time() const;
  Time authentication_time() const;  // `auth_time`

  bool HasRole(std::string_view role) const;
  bool HasScope(std::string_view scope) const;

 private:
  friend class internal::CallerMaker;
  Kind kind_ = Kind::kAnonymous;
  std::shared_ptr<const VerifiedClaims> claims_;
  std::shared_ptr<const std::string> peer_;
};

// Who makes this call. Anonymous when the call did not come through a guard. Thread-safe; valid
// from the beginning of the handler until the call's last operation.
Caller CallerOf(const grpc::ServerContextBase& context);

}  // namespace tokenforge
