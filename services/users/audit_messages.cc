#include "services/users/audit_messages.h"

#include <chrono>
#include <vector>

#include "lib/errors/errors.h"
#include "services/users/sql_time.h"
#include "tokenforge/users/v1/users.pb.h"

namespace tokenforge::users {
namespace {

using std::chrono::microseconds;
using std::chrono::seconds;
using Faults = std::vector<errors::FieldFault>;

// The years 1 to 9999, as google.protobuf.Timestamp defines itself.
constexpr std::int64_t kEarliest = -62'135'596'800;
constexpr std::int64_t kLatest = 253'402'300'799;

std::optional<EventTime> ReadTime(const char* field, bool present,
                                  const google::protobuf::Timestamp& time, Faults& faults) {
  if (!present) return std::nullopt;
  if (time.seconds() < kEarliest || time.seconds() > kLatest || time.nanos() < 0 ||
      time.nanos() > 999'999'999) {
    faults.push_back({field, "must be a valid time"});
    return std::nullopt;
  }
  return EventTime(microseconds(seconds(time.seconds())) + microseconds(time.nanos() / 1000));
}

// The clock that the rules use counts nanoseconds, and ends in 2262.
bool FitsClock(EventTime time) {
  return time.time_since_epoch() <
             std::chrono::floor<microseconds>(clock::WallTime::max().time_since_epoch()) &&
         time.time_since_epoch() >
             std::chrono::ceil<microseconds>(clock::WallTime::min().time_since_epoch());
}

void ToProto(const AuditEvent& event, v1::AuditEvent* message) {
  message->set_sequence(event.sequence);
  const auto second = std::chrono::floor<seconds>(event.time);
  message->mutable_event_time()->set_seconds(second.time_since_epoch().count());
  message->mutable_event_time()->set_nanos(
      static_cast<int>(std::chrono::nanoseconds(event.time - second).count()));
  message->set_kind(event.kind);
  message->set_user_id(event.user_id);
  message->set_actor(event.actor);
  message->set_ip_address(event.ip_address);
  message->set_request_id(event.request_id);
  message->set_trace_id(event.trace_id);
  message->mutable_attributes()->insert(event.attributes.begin(), event.attributes.end());
  message->set_hash(event.hash);
}

}  // namespace

absl::StatusOr<AuditEvent> EventOf(const v1::AuditEvent& event) {
  Faults faults;
  auto time = ReadTime("event.event_time", event.has_event_time(), event.event_time(), faults);
  if (time && !FitsClock(*time)) faults.push_back({"event.event_time", "must be of the last week"});
  if (!faults.empty()) return errors::InvalidFields(faults);
  return AuditEvent{
      .sequence = event.sequence(),
      .time = time ? FromMicroseconds(time->time_since_epoch().count()) : clock::WallTime(),
      .kind = event.kind(),
      .user_id = event.user_id(),
      .actor = event.actor(),
      .ip_address = event.ip_address(),
      .request_id = event.request_id(),
      .trace_id = event.trace_id(),
      .attributes = {event.attributes().begin(), event.attributes().end()},
      .hash = event.hash()};
}

absl::StatusOr<AuditLog::Listing> ListingOf(const v1::ListAuditEventsRequest& request) {
  Faults faults;
  AuditLog::Listing listing{
      .page_size = request.page_size(),
      .page_token = request.page_token(),
      .filter = {.user_id = request.user_id(),
                 .kind = request.kind(),
                 .since = ReadTime("since", request.has_since(), request.since(), faults),
                 .until = ReadTime("until", request.has_until(), request.until(), faults)}};
  if (request.has_after_sequence()) listing.after_sequence = request.after_sequence();
  if (!faults.empty()) return errors::InvalidFields(faults);
  return listing;
}

void ToProto(const AuditLog::Page& page, v1::ListAuditEventsResponse* response) {
  for (const AuditEvent& event : page.events) ToProto(event, response->add_events());
  response->set_next_page_token(page.next_page_token);
}

}  // namespace tokenforge::users
