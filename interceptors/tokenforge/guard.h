// Guard: lets a gRPC call through to its handler only if the method's rule allows it.
//
//   tokenforge::Guard guard(options);
//   guard.Protect<notes::v1::NotesService>(&notes);  // instead of builder.RegisterService(&notes)
//   auto server = guard.Start(builder);              // instead of builder.BuildAndStart()
//
// The rules stand in the protos (tokenforge/access/v1/access.proto). A server does not start while
// a method of a protected service has no rule, or when anything else is wrong with rules or
// options: Start says everything at once.
//
// A call that is refused never reaches its handler, and what it sent is never parsed. The client
// gets the code, reason and `www-authenticate` of the contract; the log and the metrics get the
// call like any other. Handlers ask who is calling with CallerOf (tokenforge/caller.h). Synchronous
// and callback services, unary and streaming methods, raw callback methods and message allocators
// all work; methods on completion queues (async, raw) and streamed-unary ones cannot be guarded and
// do not start.
//
// Ownership: services and guard must outlive the server. One guard serves one server. Threading:
// set up on one thread; Ready and VerifyToken from any.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/status/statusor.h"
#include "tokenforge/caller.h"
#include "tokenforge/credentials.h"
#include "tokenforge/trust.h"

namespace grpc {
class Server;
class ServerBuilder;
class Service;
namespace experimental {
class ServerInterceptorFactoryInterface;
}
}  // namespace grpc

namespace tokenforge {

struct GuardOptions {
  // --- Tokens. Needed when a rule asks for one.
  std::string issuer;                  // exactly the tokens' `iss`
  std::vector<std::string> audiences;  // a token's `aud` must hold one of them
  std::chrono::seconds leeway{30};     // for clocks that differ

  // --- Where keys and revocations come from: one of the three.
  std::string facade_address;             // the suite's façade, listened to over mTLS: "auth:7443"
  std::string facade_identity = "/auth";  // its SPIFFE ID, or its path in our own trust domain
  std::string jwks_file;                  // a JWK Set, read again when it changes; no revocations
  std::shared_ptr<Trust> trust;           // in process

  // --- mTLS: who we are to the façade. Our trust domain completes `peers` that are paths.
  MtlsFiles tls;
  std::string trust_domain;  // when there is no certificate to take it from, or another is meant

  // --- How old knowledge may be.
  std::chrono::seconds fresh_within{30};         // for methods marked `fresh`
  std::chrono::seconds max_stale{24 * 60 * 60};  // for all others; 0: for ever

  // --- The rest.
  std::string guard_id;               // our name in the façade's books; empty: the host's name
  TrustOptions trust_options;         // of the trust that the guard makes itself
  std::size_t cached_tokens = 65536;  // verified tokens remembered; 0: none
  bool allow_unguarded = false;       // accept services that the builder got past the guard
};

class Guard {
 public:
  explicit Guard(GuardOptions options);
  ~Guard();
  Guard(const Guard&) = delete;
  Guard& operator=(const Guard&) = delete;

  // Puts the rules of a generated service in front of what implements it. Takes no ownership.
  template <class GeneratedService, class Implementation>
  void Protect(Implementation* service) {
    static_assert(std::is_base_of_v<typename GeneratedService::Service, Implementation>,
                  "Protect<S>(service): service must derive from S::Service or S::CallbackService");
    Add(GeneratedService::service_full_name(), service);
  }

  // An interceptor of your own. ServerBuilder keeps one list only: one set there directly would be
  // lost. Of a refused call it sees no message: GetRecvMessage is null.
  void AddInterceptor(
      std::unique_ptr<grpc::experimental::ServerInterceptorFactoryInterface> factory);

  // Checks everything, registers the protected services and starts the server. INVALID_ARGUMENT
  // INVALID_FIELD with every fault at once: methods without a rule, contradictory rules, missing
  // options, unreadable files, services that cannot be guarded. UNAVAILABLE when the server does
  // not come up (a port is taken). Call it once.
  absl::StatusOr<std::unique_ptr<grpc::Server>> Start(grpc::ServerBuilder& builder);

  // Whether every rule can be decided: keys are there, or no rule needs any. For the server's
  // readiness.
  bool Ready() const;
  // Waits until Ready, at most this long; for start-up.
  bool WaitUntilReady(std::chrono::milliseconds at_most) const;

  // Verifies a token that came by another way than `authorization` (introspection), with all checks
  // that a call of an AUTHENTICATED method gets; any of the configured audiences. Errors are
  // UNAUTHENTICATED TOKEN_…, or UNAVAILABLE TRUST_STALE without keys.
  absl::StatusOr<Caller> VerifyToken(std::string_view token) const;

 private:
  void Add(const char* service_name, grpc::Service* service);

  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tokenforge
