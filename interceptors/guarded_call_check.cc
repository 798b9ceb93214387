// The part of GuardedCall for handlers that ask by themselves (Guard::Check): services on
// completion queues and generic ones, which cannot be decorated.
#include <grpc/grpc.h>
#include <grpcpp/server_context.h>

#include "interceptors/guarded_call.h"
#include "interceptors/refusal.h"
#include "lib/sync/hand_over.h"
#include "lib/telemetry/log.h"

namespace tokenforge::internal {

using grpc::experimental::InterceptionHookPoints;

const absl::Status& GuardedCall::Check() {
  const sync::Visit visit(this);
  if (method_ == nullptr && decision_.ok()) {
    if (const BoundMethod* const method = checked_.Find(path_)) {
      Decide(*method);
    } else {
      decision_ = NotServed();
    }
  }
  if (!decision_.ok() && !checked_by_handler_) {
    const std::string_view challenge = Challenge(decision_);
    if (!challenge.empty()) {
      context_.AddTrailingMetadata("www-authenticate", std::string(challenge));
    }
  }
  checked_by_handler_ = true;
  return decision_;
}

// A handler that forgets to ask, or does not listen, must not leak: what it did is done, but its
// answer stays here. An error may pass; it is what a refusal looks like.
void GuardedCall::StopUnchecked(grpc::experimental::InterceptorBatchMethods& batch) {
  const bool answers = batch.QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_MESSAGE) ||
                       (batch.QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS) &&
                        batch.GetSendStatus().ok());
  if (!answers || stopped_) return;
  if (!checked_by_handler_ && !checked_.MustBeChecked(path_)) return;
  stopped_ = true;
  decision_ = Refusal(errors::reasons::INTERNAL_FAULT);
  if (method_ == nullptr) method_ = checked_.Find(path_);  // for the metrics
  telemetry::Log(telemetry::Level::kError,
                 "a handler answered a call that the guard did not admit; the call was ended",
                 trace_, {{"method", path_}, {"asked", checked_by_handler_}});
  // Before the client can know it.
  Record(decision_, context_.peer());
  grpc_call_cancel_with_status(context_.c_call(), GRPC_STATUS_INTERNAL,
                               "the call could not be checked", nullptr);
}

}  // namespace tokenforge::internal
