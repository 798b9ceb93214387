#include "cli/audit_source.h"

#include <google/protobuf/util/time_util.h>
#include <grpcpp/client_context.h>

#include <chrono>
#include <utility>

#include "cli/audit_json.h"
#include "cli/client.h"
#include "lib/rpc/status.h"

namespace tokenforge::cli {
namespace {

audit::Event EventOf(const auth::v1::AuditEvent& event) {
  using google::protobuf::util::TimeUtil;
  return {.sequence = event.sequence(),
          .time = clock::WallTime(
              std::chrono::microseconds(TimeUtil::TimestampToMicroseconds(event.event_time()))),
          .kind = event.kind(),
          .user_id = event.user_id(),
          .actor = event.actor(),
          .ip_address = event.ip_address(),
          .request_id = event.request_id(),
          .trace_id = event.trace_id(),
          .attributes = {event.attributes().begin(), event.attributes().end()},
          .hash = event.hash()};
}

}  // namespace

absl::Status ForEachEvent(auth::v1::AdminService::StubInterface& admin,
                          const std::string& access_token, auth::v1::ListAuditEventsRequest first,
                          const TakeEvent& take) {
  auth::v1::ListAuditEventsRequest request = std::move(first);
  for (;;) {
    auth::v1::ListAuditEventsResponse page;
    rpc::OutgoingContext context = NewContext(access_token);
    const grpc::Status status = admin.ListAuditEvents(&context.client(), request, &page);
    if (!status.ok()) return rpc::FromGrpc(status, "auth");
    for (const auth::v1::AuditEvent& event : page.events()) {
      if (!take(EventOf(event))) return absl::OkStatus();
    }
    if (page.next_page_token().empty()) return absl::OkStatus();
    request.set_page_token(page.next_page_token());
  }
}

absl::Status ForEachLine(std::istream& lines, const TakeEvent& take) {
  std::string line;
  for (int number = 1; std::getline(lines, line); ++number) {
    const auto event = EventOfJsonLine(line);
    if (!event) {
      return absl::InvalidArgumentError("line " + std::to_string(number) + " is no audit event");
    }
    if (!take(*event)) return absl::OkStatus();
  }
  return lines.bad() ? absl::UnknownError("the file cannot be read") : absl::OkStatus();
}

}  // namespace tokenforge::cli
