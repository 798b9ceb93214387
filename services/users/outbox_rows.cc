#include "services/users/outbox_rows.h"

#include <map>
#include <utility>

#include "lib/uuid/uuid.h"
#include "services/users/attributes_json.h"
#include "services/users/sql_session.h"
#include "services/users/sql_time.h"

namespace tokenforge::users {

OutboxRows::OutboxRows(SqlSession& session)
    : insert_((session.soci().prepare
                   << "insert into mail_outbox (id, kind, email, user_id, attributes, create_time, "
                      "next_attempt_time) values (:id, :kind, :email, :user_id, :attributes, "
                      ":create_time, :next_attempt_time)",
               soci::use(row_.id, "id"), soci::use(row_.kind, "kind"),
               soci::use(row_.email, "email"), soci::use(row_.user_id, "user_id"),
               soci::use(row_.attributes, "attributes"), soci::use(row_.create_time, "create_time"),
               soci::use(row_.create_time, "next_attempt_time"))),
      first_due_((session.soci().prepare << "select coalesce(min(next_attempt_time), "
                                            "9223372036854775807) from mail_outbox",
                  soci::into(row_.next_attempt_time))),
      select_due_(
          (session.soci().prepare
               << "select id, kind, email, user_id, attributes, create_time, attempts from "
                  "mail_outbox where next_attempt_time <= :now order by next_attempt_time limit 1" +
                      std::string(session.dialect().for_update_of_free()),
           soci::into(row_.id), soci::into(row_.kind), soci::into(row_.email),
           soci::into(row_.user_id), soci::into(row_.attributes), soci::into(row_.create_time),
           soci::into(row_.attempts), soci::use(now_, "now"))),
      postpone_((session.soci().prepare
                     << "update mail_outbox set next_attempt_time = :next, attempts = attempts + "
                        ":more where id = :id and attempts = :attempts",
                 soci::use(row_.next_attempt_time, "next"), soci::use(count_, "more"),
                 soci::use(row_.id, "id"), soci::use(row_.attempts, "attempts"))),
      remove_((session.soci().prepare
                   << "delete from mail_outbox where id = :id and attempts = :attempts",
               soci::use(row_.id, "id"), soci::use(row_.attempts, "attempts"))),
      depth_((session.soci().prepare
                  << "select count(*), coalesce(min(create_time), 0) from mail_outbox",
              soci::into(count_), soci::into(row_.create_time))) {}

void OutboxRows::Add(const std::vector<MailIntent>& mails) {
  for (const MailIntent& mail : mails) {
    row_ = Row{.id = uuid::NewId(),
               .kind = mail.kind,
               .email = mail.email,
               .user_id = mail.user_id,
               .attributes = JsonOf(mail.attributes),
               .create_time = ToMicroseconds(mail.create_time)};
    insert_.execute(true);
  }
}

bool OutboxRows::AnyDue(clock::WallTime now) {
  first_due_.execute(true);
  while (first_due_.fetch()) {
  }
  return row_.next_attempt_time <= ToMicroseconds(now);
}

std::optional<QueuedMail> OutboxRows::Claim(clock::WallTime now, clock::WallTime lease_end) {
  now_ = ToMicroseconds(now);
  if (!select_due_.execute(true)) return std::nullopt;
  while (select_due_.fetch()) {
  }
  QueuedMail claimed = TakeRow();
  row_.next_attempt_time = ToMicroseconds(lease_end);
  count_ = 1;
  postpone_.execute(true);
  ++claimed.attempts;
  return claimed;
}

QueuedMail OutboxRows::TakeRow() const {
  auto attributes = AttributesOf(row_.attributes);
  const bool legible = attributes.has_value();  // one row of another hand must not hold up the rest
  return {.id = row_.id,
          .intent = {.kind = row_.kind,
                     .email = row_.email,
                     .user_id = row_.user_id,
                     .create_time = FromMicroseconds(row_.create_time),
                     .attributes =
                         std::move(attributes).value_or(std::map<std::string, std::string>())},
          .attempts = row_.attempts,
          .legible = legible};
}

bool OutboxRows::Remove(const QueuedMail& claimed) {
  row_ = Row{.id = claimed.id, .attempts = claimed.attempts};
  remove_.execute(true);
  return remove_.get_affected_rows() == 1;
}

bool OutboxRows::Postpone(const QueuedMail& claimed, clock::WallTime until) {
  row_ = Row{
      .id = claimed.id, .next_attempt_time = ToMicroseconds(until), .attempts = claimed.attempts};
  count_ = 0;
  postpone_.execute(true);
  return postpone_.get_affected_rows() == 1;
}

OutboxDepth OutboxRows::Depth() {
  depth_.execute(true);
  while (depth_.fetch()) {
  }
  OutboxDepth depth{.mails = count_, .oldest = std::nullopt};
  if (count_ > 0) depth.oldest = FromMicroseconds(row_.create_time);
  return depth;
}

}  // namespace tokenforge::users
