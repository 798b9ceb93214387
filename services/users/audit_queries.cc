#include "services/users/audit_queries.h"

#include <limits>
#include <stdexcept>
#include <utility>

#include "absl/strings/escaping.h"
#include "services/users/attributes_json.h"
#include "services/users/sql_session.h"
#include "services/users/sql_time.h"

namespace tokenforge::users {
namespace {

constexpr const char* kColumns =
    "select sequence, event_time, kind, user_id, actor, ip_address, request_id, trace_id, "
    "attributes, hash from audit_events where ";

}  // namespace

std::string AuditQueries::ListSql(bool by_user, bool by_kind) {
  return std::string(kColumns) + (by_user ? "user_id = :user_id and " : "") +
         (by_kind ? "kind = :kind and " : "") +
         "event_time >= :since and (event_time, sequence) < (:before_time, :before_sequence) "
         "order by event_time desc, sequence desc limit :most";
}

std::string AuditQueries::FollowSql() {
  return std::string(kColumns) + "sequence > :after order by sequence limit :most";
}

AuditQueries::AuditQueries(SqlSession& session)
    : soci_(session.soci()),
      follow_(PrepareFollow(session.soci())),
      head_((session.soci().prepare << "select sequence, hash from audit_head where id = 1",
             soci::into(head_sequence_), soci::into(head_hash_))) {}

soci::statement AuditQueries::PrepareList(soci::session& session, bool by_user, bool by_kind) {
  soci::details::prepare_temp_type select = session.prepare << ListSql(by_user, by_kind);
  select, soci::into(row_.sequence), soci::into(row_.event_time), soci::into(row_.kind),
      soci::into(row_.user_id), soci::into(row_.actor), soci::into(row_.ip_address),
      soci::into(row_.request_id), soci::into(row_.trace_id), soci::into(row_.attributes),
      soci::into(row_.hash);
  if (by_user) select, soci::use(wish_.user_id, "user_id");
  if (by_kind) select, soci::use(wish_.kind, "kind");
  select, soci::use(wish_.since, "since"), soci::use(wish_.before_time, "before_time"),
      soci::use(wish_.before_sequence, "before_sequence"), soci::use(wish_.most, "most");
  return select;
}

soci::statement AuditQueries::PrepareFollow(soci::session& session) {
  return (session.prepare << FollowSql(), soci::into(row_.sequence), soci::into(row_.event_time),
          soci::into(row_.kind), soci::into(row_.user_id), soci::into(row_.actor),
          soci::into(row_.ip_address), soci::into(row_.request_id), soci::into(row_.trace_id),
          soci::into(row_.attributes), soci::into(row_.hash), soci::use(wish_.after, "after"),
          soci::use(wish_.most, "most"));
}

std::vector<AuditEvent> AuditQueries::List(const AuditFilter& filter,
                                           const std::optional<AuditPlace>& before, int most) {
  using Limits = std::numeric_limits<long long>;
  wish_ = {.user_id = filter.user_id, .kind = filter.kind, .since = Limits::min(), .most = most};
  if (filter.since) wish_.since = filter.since->time_since_epoch().count();
  // Up to a time without that time itself: no sequence is as small.
  wish_.before_time = filter.until ? filter.until->time_since_epoch().count() : Limits::max();
  if (before && before->time.time_since_epoch().count() < wish_.before_time) {
    wish_.before_time = before->time.time_since_epoch().count();
    wish_.before_sequence = before->sequence;
  }
  soci::statement select = PrepareList(soci_, !filter.user_id.empty(), !filter.kind.empty());
  return Fetch(select);
}

std::vector<AuditEvent> AuditQueries::Follow(std::int64_t after, int most) {
  wish_ = {.after = after, .most = most};
  return Fetch(follow_);
}

audit::Link AuditQueries::Head() {
  head_.execute(true);
  while (head_.fetch()) {
  }
  return {head_sequence_, absl::HexStringToBytes(head_hash_)};
}

std::vector<AuditEvent> AuditQueries::Fetch(soci::statement& select) {
  std::vector<AuditEvent> events;
  for (bool more = select.execute(true); more; more = select.fetch()) {
    events.push_back(EventOfRow());
  }
  return events;
}

AuditEvent AuditQueries::EventOfRow() const {
  auto attributes = AttributesOf(row_.attributes);
  if (!attributes) throw std::runtime_error("attributes in the audit log are no JSON object");
  return {.sequence = row_.sequence,
          .time = FromMicroseconds(row_.event_time),
          .kind = row_.kind,
          .user_id = row_.user_id,
          .actor = row_.actor,
          .ip_address = row_.ip_address,
          .request_id = row_.request_id,
          .trace_id = row_.trace_id,
          .attributes = *std::move(attributes),
          .hash = absl::HexStringToBytes(row_.hash)};
}

}  // namespace tokenforge::users
