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
// all work. Methods on completion queues and of generic services have no handler that a guard could
// stand before: they ask with Check, and the team says so with ProtectWithChecks or
// GuardOptions::generic_checks; otherwise they do not start. Streamed-unary methods never do.
//
// Ownership: services and guard must outlive the server. One guard serves one server. Threading:
// set up on one thread; Ready, Check and VerifyToken from any. docs/guard.md is the guide.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <type_traits>
#include <vector>

#include "absl/status/statusor.h"
#include "tokenforge/caller.h"
#include "tokenforge/guard_options.h"

namespace grpc {
class Server;
class ServerBuilder;
class ServerContextBase;
class Service;
class Status;
namespace experimental {
class ServerInterceptorFactoryInterface;
}
}  // namespace grpc

namespace tokenforge {

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

  // A service whose own code calls Check in each of its methods before anything else: completion
  // queues (AsyncService), raw methods. A call that it answers without the guard's yes is ended
  // with INTERNAL, and nothing of the answer is sent.
  template <class GeneratedService, class Implementation>
  void ProtectWithChecks(Implementation* service) {
    static_assert(std::is_base_of_v<typename GeneratedService::Service, Implementation>,
                  "ProtectWithChecks<S>(service): service must derive from S::AsyncService");
    AddChecked(GeneratedService::service_full_name(), service);
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

  // May this call, of a method that is not behind Protect, go on? OK: yes, and CallerOf(context)
  // says who calls. Otherwise finish the call with exactly this status; the trailing metadata is
  // set. The rule is that of the method under which gRPC took the call in. Decided once per call;
  // never blocks. Unlike behind Protect, the request has been parsed by then.
  grpc::Status Check(grpc::ServerContextBase& context) const;

  // Verifies a token that came by another way than `authorization` (introspection), with all checks
  // that a call of an AUTHENTICATED method gets; any of the configured audiences. Errors are
  // UNAUTHENTICATED TOKEN_…, or UNAVAILABLE TRUST_STALE without keys.
  absl::StatusOr<Caller> VerifyToken(std::string_view token) const;

 private:
  void Add(const char* service_name, grpc::Service* service);
  void AddChecked(const char* service_name, grpc::Service* service);

  struct Parts;
  std::unique_ptr<Parts> parts_;
};

}  // namespace tokenforge
