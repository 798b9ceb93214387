// The methods of UserService about the audit log.
#include <utility>

#include "lib/rpc/server_call.h"
#include "services/users/audit_messages.h"
#include "services/users/user_service.h"

namespace tokenforge::users {
namespace {

using Context = grpc::CallbackServerContext;
using Reactor = grpc::ServerUnaryReactor;

async::Task<absl::Status> Record(AuditLog& log, Deadline deadline,
                                 const v1::RecordAuditEventRequest* request,
                                 v1::RecordAuditEventResponse* response) {
  absl::StatusOr<AuditEvent> event = EventOf(request->event());
  if (!event.ok()) co_return event.status();
  auto recording = log.Record(deadline, *std::move(event));
  const absl::StatusOr<std::int64_t> sequence = co_await std::move(recording);
  if (!sequence.ok()) co_return sequence.status();
  response->set_sequence(*sequence);
  co_return absl::OkStatus();
}

async::Task<absl::Status> List(AuditLog& log, Deadline deadline,
                               const v1::ListAuditEventsRequest* request,
                               v1::ListAuditEventsResponse* response) {
  absl::StatusOr<AuditLog::Listing> listing = ListingOf(*request);
  if (!listing.ok()) co_return listing.status();
  auto listing_page = log.List(deadline, *std::move(listing));
  const absl::StatusOr<AuditLog::Page> page = co_await std::move(listing_page);
  if (!page.ok()) co_return page.status();
  ToProto(*page, response);
  co_return absl::OkStatus();
}

}  // namespace

Reactor* UserService::RecordAuditEvent(Context* context, const v1::RecordAuditEventRequest* request,
                                       v1::RecordAuditEventResponse* response) {
  return rpc::Serve(context, Record(flows_.audit, rpc::DeadlineOf(*context), request, response));
}

Reactor* UserService::ListAuditEvents(Context* context, const v1::ListAuditEventsRequest* request,
                                      v1::ListAuditEventsResponse* response) {
  return rpc::Serve(context, List(flows_.audit, rpc::DeadlineOf(*context), request, response));
}

}  // namespace tokenforge::users
