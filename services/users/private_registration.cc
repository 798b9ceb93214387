#include "services/users/private_registration.h"

#include <utility>

#include "services/users/mail_intents.h"

namespace tokenforge::users {

MailIntent NoteOf(const Registration& registration, const secret::Secret& password_hash,
                  const Origin& origin, clock::WallTime now) {
  return {.kind = std::string(mail_kinds::kRegistration),
          .email = registration.email().text(),
          .user_id = registration.user_id(),
          .create_time = now,
          .attributes = {{"given_name", registration.given_name()},
                         {"family_name", registration.family_name()},
                         {"password_hash", std::string(password_hash.Expose())},
                         {"actor", origin.actor},
                         {"client_id", origin.client_id},
                         {"ip_address", origin.ip_address},
                         {"device_name", origin.device_name},
                         {"user_agent", origin.user_agent},
                         {"request_id", origin.request_id},
                         {"trace_id", origin.trace_id}}};
}

std::optional<NotedRegistration> NotedIn(const QueuedMail& note, clock::WallTime now) {
  absl::StatusOr<CanonicalEmail> email = CanonicalEmail::Parse(note.intent.email);
  if (note.intent.kind != mail_kinds::kRegistration || !email.ok()) return std::nullopt;
  const auto text = [&note](const char* name) {
    const auto found = note.intent.attributes.find(name);
    return found == note.intent.attributes.end() ? std::string() : found->second;
  };
  const Origin origin{.actor = text("actor"),
                      .client_id = text("client_id"),
                      .ip_address = text("ip_address"),
                      .device_name = text("device_name"),
                      .user_agent = text("user_agent"),
                      .request_id = text("request_id"),
                      .trace_id = text("trace_id")};
  const std::string& user_id = note.intent.user_id;
  NotedRegistration noted{
      .account = {.user_id = user_id,
                  .email = *email,
                  .given_name = text("given_name"),
                  .family_name = text("family_name"),
                  .password_hash = secret::Secret::Take(text("password_hash")),
                  .create_time = now},
      .created = {.events = {Audited(origin, now, "account.created", user_id,
                                     {{"email", email->text()}})},
                  .mails = {MailOf(mail_kinds::kVerifyNewEmail, *email, user_id, origin, now)}},
      .taken = {.mails = {MailOf(mail_kinds::kAlreadyRegistered, *email, "", origin, now)}}};
  return noted;
}

}  // namespace tokenforge::users
