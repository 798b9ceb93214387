#include "services/auth/audit_client.h"

#include <grpcpp/channel.h>

#include <chrono>

#include "lib/rpc/call.h"

namespace tokenforge::auth {
namespace {

constexpr std::chrono::seconds kSendTime{5};

}  // namespace

using Methods = users::v1::UserService::StubInterface::async_interface;

AuditClient::AuditClient(const rpc::Upstream& upstream) : users_(upstream) {}

async::Task<absl::StatusOr<users::v1::RecordAuditEventResponse>> AuditClient::Record(
    const rpc::ServerCall& call, const users::v1::AuditEvent& event) {
  users::v1::RecordAuditEventRequest query;
  *query.mutable_event() = event;
  return rpc::Call(users_, &Methods::RecordAuditEvent, rpc::OutgoingContext(call),
                   std::move(query));
}

async::Task<absl::StatusOr<users::v1::ListAuditEventsResponse>> AuditClient::List(
    const rpc::ServerCall& call, const v1::ListAuditEventsRequest& request) {
  users::v1::ListAuditEventsRequest query;
  query.set_page_size(request.page_size());
  query.set_page_token(request.page_token());
  query.set_user_id(request.user_id());
  query.set_kind(request.kind());
  if (request.has_since()) *query.mutable_since() = request.since();
  if (request.has_until()) *query.mutable_until() = request.until();
  if (request.has_after_sequence()) query.set_after_sequence(request.after_sequence());
  return rpc::Call(users_, &Methods::ListAuditEvents, rpc::OutgoingContext(call), std::move(query));
}

async::Task<absl::Status> SendAuditEvent(AuditClient& client, users::v1::AuditEvent event) {
  const rpc::ServerCall call(std::chrono::steady_clock::now() + kSendTime,
                             telemetry::TraceContext::New());
  auto recording = client.Record(call, event);
  const auto recorded = co_await std::move(recording);
  co_return recorded.status();
}

}  // namespace tokenforge::auth
