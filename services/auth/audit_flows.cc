#include "services/auth/audit_flows.h"

#include <chrono>
#include <utility>

#include "lib/errors/facts.h"
#include "services/auth/audit_queue.h"
#include "services/auth/outward.h"

namespace tokenforge::auth {
namespace {

namespace reasons = errors::reasons;

v1::AuditEvent ToPublic(const users::v1::AuditEvent& event) {
  v1::AuditEvent shown;
  shown.set_sequence(event.sequence());
  *shown.mutable_event_time() = event.event_time();
  shown.set_kind(event.kind());
  shown.set_user_id(event.user_id());
  shown.set_actor(event.actor());
  shown.set_ip_address(event.ip_address());
  shown.set_request_id(event.request_id());
  shown.set_trace_id(event.trace_id());
  *shown.mutable_attributes() = event.attributes();
  shown.set_hash(event.hash());
  return shown;
}

// What somebody wanted to know, without what no filter asked for.
AuditAttributes QuestionOf(const v1::ListAuditEventsRequest& request) {
  AuditAttributes question{{"method", "ListAuditEvents"}};
  if (!request.user_id().empty()) question["of_user"] = request.user_id();
  if (!request.kind().empty()) question["of_kind"] = request.kind();
  if (request.has_since()) question["since"] = std::to_string(request.since().seconds());
  if (request.has_until()) question["until"] = std::to_string(request.until().seconds());
  if (request.has_after_sequence()) {
    question["after_sequence"] = std::to_string(request.after_sequence());
  }
  return question;
}

}  // namespace

users::v1::AuditEvent AuditEventOf(const Origin& origin, const std::string& kind,
                                   const std::string& user_id, const std::string& actor,
                                   const AuditAttributes& attributes) {
  users::v1::AuditEvent event;
  const auto now = std::chrono::floor<std::chrono::microseconds>(std::chrono::system_clock::now());
  const auto second = std::chrono::floor<std::chrono::seconds>(now);
  event.mutable_event_time()->set_seconds(second.time_since_epoch().count());
  event.mutable_event_time()->set_nanos(
      static_cast<int>(std::chrono::nanoseconds(now - second).count()));
  event.set_kind(kind);
  event.set_user_id(user_id);
  event.set_actor(actor);
  event.set_ip_address(origin.address);
  event.set_request_id(origin.call.trace().request_id);
  event.set_trace_id(origin.call.trace().TraceIdHex());
  event.mutable_attributes()->insert(attributes.begin(), attributes.end());
  if (!origin.client_id.empty()) (*event.mutable_attributes())["client"] = origin.client_id;
  return event;
}

users::v1::AuditEvent TheftEventOf(const Origin& origin, const absl::Status& refusal) {
  AuditAttributes facts = errors::FactsOf(refusal);
  const std::string user_id = facts["user_id"];
  facts.erase("user_id");
  return AuditEventOf(origin, "refresh.reused", user_id, "", facts);
}

async::Task<absl::Status> ListAuditEvents(Facade& facade, Origin origin, Caller caller,
                                          const v1::ListAuditEventsRequest* request,
                                          v1::ListAuditEventsResponse* response) {
  auto listing = facade.audit_log.List(origin.call, *request);
  const auto page = co_await std::move(listing);
  if (!page.ok()) {
    co_return Outward(page.status(), "users.ListAuditEvents", {reasons::INVALID_FIELD});
  }
  if (request->page_token().empty()) {
    facade.audit.Record(
        AuditEventOf(origin, "admin.read", "", caller.subject(), QuestionOf(*request)));
  }
  for (const users::v1::AuditEvent& event : page->events()) {
    *response->add_events() = ToPublic(event);
  }
  response->set_next_page_token(page->next_page_token());
  co_return absl::OkStatus();
}

}  // namespace tokenforge::auth
