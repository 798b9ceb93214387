#include "lib/rpc/outgoing.h"

#include <grpcpp/client_context.h>
#include <grpcpp/server_context.h>

#include <string>

#include "lib/rpc/client_metrics.h"
#include "lib/telemetry/current_span.h"
#include "lib/telemetry/span_queue.h"

namespace tokenforge::rpc {
namespace {

std::chrono::system_clock::time_point WallOf(clock::SteadyTime deadline) {
  // In this order a pause between the two looks makes the deadline earlier, never later.
  const auto now = std::chrono::system_clock::now();
  const auto left = deadline - std::chrono::steady_clock::now();
  return now + std::chrono::duration_cast<std::chrono::system_clock::duration>(left);
}

}  // namespace

OutgoingContext::OutgoingContext(const ServerCall& call) : deadline_(call.deadline()) {
  if (call.context() != nullptr) {
    client_ = grpc::ClientContext::FromCallbackServerContext(*call.context());
  } else {
    client_ = std::make_unique<grpc::ClientContext>();
  }
  client_->set_deadline(WallOf(deadline_));
  PutTrace(call.trace(), *client_);
  // Background work has a span of nobody's, unless a call began it and is still there.
  if (call.context() == nullptr && telemetry::SpansOfProcess().taking() &&
      !telemetry::IsCurrentSpan(call.trace())) {
    client_->AddMetadata(std::string(internal::kRootMark), "1");
  }
}

OutgoingContext::~OutgoingContext() = default;
OutgoingContext::OutgoingContext(OutgoingContext&&) noexcept = default;
OutgoingContext& OutgoingContext::operator=(OutgoingContext&&) noexcept = default;

OutgoingContext& OutgoingContext::AtMost(std::chrono::milliseconds from_now) {
  const clock::SteadyTime deadline = std::chrono::steady_clock::now() + from_now;
  if (deadline < deadline_) {
    deadline_ = deadline;
    client_->set_deadline(WallOf(deadline_));
  }
  return *this;
}

OutgoingContext& OutgoingContext::WithBearer(const secret::Secret& token) {
  client_->AddMetadata("authorization", "Bearer " + std::string(token.Expose()));
  return *this;
}

}  // namespace tokenforge::rpc
