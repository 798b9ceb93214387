#include "interceptors/guarded_call.h"

#include <grpcpp/server_context.h>

#include "interceptors/call_registry.h"
#include "interceptors/caller_maker.h"
#include "interceptors/refusal.h"
#include "interceptors/stream_watch.h"
#include "lib/errors/errors.h"
#include "lib/rpc/status.h"
#include "lib/sync/hand_over.h"
#include "lib/telemetry/log.h"
#include "tokenforge/errors/v1/details.pb.h"

namespace tokenforge::internal {
namespace {

using grpc::experimental::InterceptionHookPoints;
using Metadata = std::multimap<grpc::string_ref, grpc::string_ref>;

// gRPC makes a call's interceptors and takes in its first message on one thread, one right after
// the other. The context is only a hint: FindArriving believes it when the registry and gRPC agree.
thread_local const grpc::ServerContextBase* arriving = nullptr;

std::string_view View(grpc::string_ref text) { return {text.data(), text.size()}; }
grpc::string_ref Ref(std::string_view text) { return {text.data(), text.size()}; }

// Replaces what the client sent under a name by what the guard made of it. Both live as long as the
// call.
void Put(Metadata& metadata, std::string_view name, std::string_view value) {
  metadata.erase(Ref(name));
  if (!value.empty()) metadata.emplace(Ref(name), Ref(value));
}

// What gRPC makes of an exception that leaves a synchronous handler.
bool IsEscapedException(const grpc::Status& status) {
  return status.error_code() == grpc::StatusCode::UNKNOWN && status.error_details().empty() &&
         status.error_message() == "Unexpected error in RPC handling";
}

// The reason that a handler's error carries, for the log; empty when it has none of ours.
std::string ReasonIn(const std::string& error_details) {
  errors::v1::RpcStatus status;
  errors::v1::ErrorInfo info;
  if (error_details.empty() || !status.ParseFromString(error_details)) return {};
  for (const auto& detail : status.details()) {
    if (detail.type_url() != errors::kErrorInfoUrl) continue;
    if (info.ParseFromString(detail.value()) && info.domain() == errors::kDomain) {
      return info.reason();
    }
  }
  return {};
}

// gRPC's own services are registered methods too; every other name that no handler claimed came
// from the network.
telemetry::ServerMethod UnclaimedMethod(std::string_view path) {
  static const auto check = telemetry::ServerMethod::Of("/grpc.health.v1.Health/Check");
  static const auto watch = telemetry::ServerMethod::Of("/grpc.health.v1.Health/Watch");
  if (path == "/grpc.health.v1.Health/Check") return check;
  if (path == "/grpc.health.v1.Health/Watch") return watch;
  return telemetry::ServerMethod::Other();
}

// Health checks come every few seconds from everywhere: not worth a trace each.
bool IsProbe(std::string_view path) { return path.starts_with("/grpc.health.v1.Health/"); }

}  // namespace

GuardedCall::GuardedCall(const Gate& gate, const CheckedMethods& checked,
                         grpc::ServerContextBase& context, const char* path)
    : gate_(gate), checked_(checked), context_(context), path_(path) {
  CallRegistry::Instance().Add(&context, this);
  arriving = &context;
  sync::HandOver(this);
}

GuardedCall::~GuardedCall() {
  sync::TakeOver(this);
  CallRegistry::Instance().Remove(&context_, this);
  if (stream_ != nullptr) gate_.streams()->Remove(stream_);
  // No status was sent: the client went away first. The context is going too, and is not asked any
  // more.
  if (recorded_) return;
  if (const std::optional<absl::Status> ended = EndedByUs()) {
    Record(*ended, "");
  } else {
    Record(absl::StatusCode::kCancelled, "", "");
  }
}

GuardedCall* GuardedCall::Find(const grpc::ServerContextBase& context) {
  return CallRegistry::Instance().Find(&context);
}

GuardedCall* GuardedCall::FindArriving(const grpc_call* call) {
  GuardedCall* const found = CallRegistry::Instance().Find(arriving);
  return found != nullptr && found->context_.c_call() == call ? found : nullptr;
}

const absl::Status& GuardedCall::Decide(const BoundMethod& method) {
  const sync::Visit visit(this);
  if (method_ == nullptr) {
    method_ = &method;
    active_.IsOf(method.metrics);
    const MethodRule* const rule = method.rule.Get();
    decision_ = rule != nullptr ? gate_.Admit(*rule, context_, &admission_) : NotServed();
    admitted_ = decision_.ok();
    if (admitted_ && method.streaming && admission_.token != nullptr) {
      stream_ = gate_.streams()->Add({CallerMaker::ClaimsOf(admission_.caller), admission_.token},
                                     context_.c_call());
    }
  } else if (method_ != &method) {
    // A call belongs to one method. Two would mean that gRPC hands contexts on in a way we do not
    // know.
    decision_ = errors::Make(errors::reasons::INTERNAL_FAULT, "the call could not be checked");
  }
  return decision_;
}

void GuardedCall::Intercept(grpc::experimental::InterceptorBatchMethods* batch) {
  sync::TakeOver(this);
  if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_INITIAL_METADATA)) {
    TakeTrace(*batch->GetRecvInitialMetadata());
  }
  if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_INITIAL_METADATA)) {
    NameRequest(*batch);
  }
  if (!admitted_) StopUnchecked(*batch);
  if (batch->QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS)) {
    FinishWith(*batch);
  }
  sync::HandOver(this);
  batch->Proceed();
}

// Beside an error it goes into the trailing metadata: a client that has seen initial metadata
// counts as answered, and gRPC's retries, which take a call that one replica cannot serve to the
// next, would never come.
void GuardedCall::NameRequest(grpc::experimental::InterceptorBatchMethods& batch) const {
  const bool fails = batch.QueryInterceptionHookPoint(InterceptionHookPoints::PRE_SEND_STATUS) &&
                     !batch.GetSendStatus().ok();
  auto& metadata = fails ? *batch.GetSendTrailingMetadata() : *batch.GetSendInitialMetadata();
  const std::string name(telemetry::kRequestId);
  // A handler may have said another one.
  if (!metadata.contains(name)) metadata.emplace(name, trace_.request_id);
}

void GuardedCall::TakeTrace(Metadata& metadata) {
  telemetry::TraceHeaders headers;
  for (const auto& [name, value] : metadata) headers.Add(View(name), View(value));
  trace_ = headers.Extract();
  if (!IsProbe(path_)) {
    span_ = telemetry::Span::Begin(telemetry::SpanKind::kServer, {}, trace_, start_);
  }
  traceparent_ = trace_.Traceparent();
  // The handler reads its own span there, and nothing that was malformed.
  Put(metadata, telemetry::kTraceparent, traceparent_);
  Put(metadata, telemetry::kTracestate, trace_.tracestate);
  Put(metadata, telemetry::kBaggage, trace_.baggage);
  Put(metadata, telemetry::kRequestId, trace_.request_id);
}

// The stream's token is no longer good: whatever the handler made of that, this is why.
std::optional<absl::Status> GuardedCall::EndedByUs() const {
  if (stream_ == nullptr) return std::nullopt;
  const std::optional<errors::Reason> why = stream_->ended();
  if (!why) return std::nullopt;
  return Refusal(*why);
}

std::optional<absl::Status> GuardedCall::Mended(const grpc::Status& status) const {
  if (method_ == nullptr || !decision_.ok()) return std::nullopt;
  if (malformed_request_) {
    return errors::Make(errors::reasons::INVALID_FIELD,
                        "the request is not a message of the type that this method takes");
  }
  if (IsEscapedException(status)) {
    telemetry::Log(telemetry::Level::kError, "a handler threw an exception", trace_,
                   {{"method", method_->metrics.name()}});
    return errors::Make(errors::reasons::INTERNAL_FAULT, "the server failed to handle the call");
  }
  if (status.error_code() == grpc::StatusCode::UNIMPLEMENTED && status.error_message().empty() &&
      status.error_details().empty()) {
    return errors::Make(errors::reasons::NOT_BUILT, "this server does not implement the method");
  }
  return std::nullopt;
}

void GuardedCall::FinishWith(grpc::experimental::InterceptorBatchMethods& batch) {
  if (stopped_) return;
  const grpc::Status sent = batch.GetSendStatus();
  const std::string address = admission_.caller.peer().empty() ? context_.peer() : std::string();
  // It reaches a client only when the handler was quicker than the cancellation.
  if (const std::optional<absl::Status> ended = EndedByUs()) {
    batch.ModifySendStatus(rpc::WithRequestInfo(rpc::ToGrpc(*ended), trace_));
    return Record(*ended, address);
  }
  if (sent.ok()) return Record(absl::StatusCode::kOk, "", address);
  const std::optional<absl::Status> mended = Mended(sent);
  const grpc::Status last = rpc::WithRequestInfo(mended ? rpc::ToGrpc(*mended) : sent, trace_);
  batch.ModifySendStatus(last);
  Record(static_cast<absl::StatusCode>(last.error_code()), ReasonIn(last.error_details()), address);
}

void GuardedCall::Record(const absl::Status& refusal, std::string_view address) {
  const std::optional<errors::Reason> reason = errors::ReasonOf(refusal);
  Record(refusal.code(), reason ? errors::v1::Reason_Name(*reason) : std::string(), address);
}

void GuardedCall::Record(absl::StatusCode code, std::string_view reason, std::string_view address) {
  recorded_ = true;
  telemetry::CallRecord record;
  record.trace = &trace_;
  record.code = code;
  record.reason = reason;
  record.duration = std::chrono::steady_clock::now() - start_;
  const Caller& caller = admission_.caller;
  record.peer = caller.peer().empty() ? address : caller.peer();
  record.sub = caller.subject();
  const telemetry::ServerMethod method = method_ ? method_->metrics : UnclaimedMethod(path_);
  telemetry::RecordServerCall(method, record);
  EndSpan(method, code, reason);
  sync::HandOver(&gate_);  // to whoever ends the guard, once the server has shut down
}

// Neither who calls nor what was asked for: a trace is read by more people than the log.
void GuardedCall::EndSpan(telemetry::ServerMethod method, absl::StatusCode code,
                          std::string_view reason) {
  if (!span_) return;
  span_.Rename(method.name());
  span_.Set("rpc.system.name", "grpc");
  span_.Set("rpc.method", method.name());
  span_.Set("rpc.response.status_code", telemetry::CodeName(code));
  if (!reason.empty()) span_.Set("tokenforge.reason", reason);
  span_.End(code, telemetry::IsServerFault(code));
}

grpc::experimental::Interceptor* GuardedCallFactory::CreateServerInterceptor(
    grpc::experimental::ServerRpcInfo* info) {
  sync::TakeOver(this);
  auto* const call = new GuardedCall(gate_, checked_, *info->server_context(), info->method());
  sync::HandOver(this);  // to whoever ends the server
  return call;
}

}  // namespace tokenforge::internal
