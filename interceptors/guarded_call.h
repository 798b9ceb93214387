// GuardedCall: everything that the guard knows of one call, from its first byte to its status.
//
// Why an interceptor: its object lives exactly as long as its call, in synchronous and callback
// servers alike, and it sees the status on its way out. What it cannot do is keep a handler from
// running; the decorated handlers do that (decorated_service.h), and ask this object for the
// decision. Nothing is kept in the AuthContext, which all calls of a connection share, and nothing
// in metadata, which the client writes.
//
// Threading: gRPC calls it from one thread at a time. Find and FindArriving take a sharded lock;
// whoever uses what they return is part of the call, and so within its life.
#pragma once

#include <grpcpp/support/server_interceptor.h>

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/status.h"
#include "interceptors/bound_method.h"
#include "interceptors/checked_methods.h"
#include "interceptors/gate.h"
#include "lib/sync/hand_over.h"
#include "lib/telemetry/call.h"
#include "lib/telemetry/span.h"
#include "lib/telemetry/trace.h"
#include "tokenforge/caller.h"

struct grpc_call;

namespace tokenforge::internal {

class OpenStream;

class GuardedCall final : public grpc::experimental::Interceptor {
 public:
  // `gate`, `checked` and `context` outlive the call.
  GuardedCall(const Gate& gate, const CheckedMethods& checked, grpc::ServerContextBase& context,
              const char* path);
  ~GuardedCall() override;

  // The call of this context, or null: it did not come through a guard.
  static GuardedCall* Find(const grpc::ServerContextBase& context);
  // The call whose first message is being taken in on this thread; null when that is not `call`.
  static GuardedCall* FindArriving(const grpc_call* call);

  // Whether the call may go through: decided when first asked, remembered afterwards.
  const absl::Status& Decide(const BoundMethod& method);
  // The same for a handler that asks by itself (Guard::Check). A refusal's challenge is put into
  // the trailing metadata.
  const absl::Status& Check();
  // The request of an admitted call could not be parsed.
  void NoteMalformedRequest() { malformed_request_ = true; }

  // Anonymous unless the call was admitted.
  Caller caller() const { return admitted_ ? admission_.caller : Caller(); }
  const telemetry::TraceContext& trace() const { return trace_; }
  // What goes along with the handler's work; null when the call is not recorded.
  async::Local local() const { return span_.AsLocal(); }

  void Intercept(grpc::experimental::InterceptorBatchMethods* batch) override;

 private:
  // Ends a call whose handler answers without the guard's yes, before anything of it is sent.
  void StopUnchecked(grpc::experimental::InterceptorBatchMethods& batch);
  void TakeTrace(std::multimap<grpc::string_ref, grpc::string_ref>& metadata);
  void NameRequest(grpc::experimental::InterceptorBatchMethods& batch) const;
  void EndSpan(telemetry::ServerMethod method, absl::StatusCode code, std::string_view reason);
  void FinishWith(grpc::experimental::InterceptorBatchMethods& batch);
  std::optional<absl::Status> EndedByUs() const;
  std::optional<absl::Status> Mended(const grpc::Status& status) const;
  void Record(const absl::Status& refusal, std::string_view address);
  void Record(absl::StatusCode code, std::string_view reason, std::string_view address);

  const Gate& gate_;
  const CheckedMethods& checked_;
  grpc::ServerContextBase& context_;
  const char* const path_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
  telemetry::ActiveCall active_;
  const BoundMethod* method_ = nullptr;  // null until a protected handler asked
  absl::Status decision_;
  bool admitted_ = false;
  Admission admission_;  // of a refused call: what was proven nevertheless, for the log
  std::shared_ptr<OpenStream> stream_;  // null unless it is watched (stream_watch.h)
  telemetry::TraceContext trace_;
  telemetry::Span span_;     // empty: the call is not recorded
  std::string traceparent_;  // the metadata of the call views it
  bool malformed_request_ = false;
  bool checked_by_handler_ = false;  // Check was called
  bool stopped_ = false;
  bool recorded_ = false;
};

// Makes one GuardedCall per call. `gate` and `checked` must outlive the server.
class GuardedCallFactory final : public grpc::experimental::ServerInterceptorFactoryInterface {
 public:
  GuardedCallFactory(const Gate& gate, const CheckedMethods& checked)
      : gate_(gate), checked_(checked) {
    sync::HandOver(this);  // to the server's threads
  }
  ~GuardedCallFactory() override { sync::TakeOver(this); }  // the server has shut down
  grpc::experimental::Interceptor* CreateServerInterceptor(
      grpc::experimental::ServerRpcInfo* info) override;

 private:
  const Gate& gate_;
  const CheckedMethods& checked_;
};

}  // namespace tokenforge::internal
