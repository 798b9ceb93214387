#include "services/users/outbox_rows.h"

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
               soci::use(row_.create_time, "next_attempt_time"))) {}

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

}  // namespace tokenforge::users
