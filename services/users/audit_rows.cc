#include "services/users/audit_rows.h"

#include "absl/strings/escaping.h"
#include "lib/audit/chain.h"
#include "services/users/attributes_json.h"
#include "services/users/sql_session.h"
#include "services/users/sql_time.h"

namespace tokenforge::users {

AuditRows::AuditRows(SqlSession& session)
    : select_head_((session.soci().prepare << "select sequence, hash from audit_head where id = 1" +
                                                  std::string(session.dialect().for_update()),
                    soci::into(head_.sequence), soci::into(head_.hash))),
      update_head_((session.soci().prepare
                        << "update audit_head set sequence = :sequence, hash = :hash where id = 1",
                    soci::use(head_.sequence, "sequence"), soci::use(head_.hash, "hash"))),
      insert_((session.soci().prepare
                   << "insert into audit_events (sequence, event_time, kind, user_id, actor, "
                      "ip_address, request_id, trace_id, attributes, hash) values (:sequence, "
                      ":event_time, :kind, :user_id, :actor, :ip_address, :request_id, :trace_id, "
                      ":attributes, :hash)",
               soci::use(row_.sequence, "sequence"), soci::use(row_.event_time, "event_time"),
               soci::use(row_.kind, "kind"), soci::use(row_.user_id, "user_id"),
               soci::use(row_.actor, "actor"), soci::use(row_.ip_address, "ip_address"),
               soci::use(row_.request_id, "request_id"), soci::use(row_.trace_id, "trace_id"),
               soci::use(row_.attributes, "attributes"), soci::use(row_.hash, "hash"))) {}

void AuditRows::Append(std::vector<AuditEvent>& events) {
  if (events.empty()) return;
  select_head_.execute(true);
  while (select_head_.fetch()) {  // up to the end: see AccountRows
  }
  std::string previous = absl::HexStringToBytes(head_.hash);
  for (AuditEvent& event : events) {
    event.sequence = ++head_.sequence;
    event.time = FromMicroseconds(ToMicroseconds(event.time));
    event.hash = audit::ChainHash(previous, event);
    previous = event.hash;
    row_ = Row{.sequence = event.sequence,
               .event_time = ToMicroseconds(event.time),
               .kind = event.kind,
               .user_id = event.user_id,
               .actor = event.actor,
               .ip_address = event.ip_address,
               .request_id = event.request_id,
               .trace_id = event.trace_id,
               .attributes = JsonOf(event.attributes),
               .hash = absl::BytesToHexString(event.hash)};
    insert_.execute(true);
  }
  head_.hash = absl::BytesToHexString(previous);
  update_head_.execute(true);
}

}  // namespace tokenforge::users
