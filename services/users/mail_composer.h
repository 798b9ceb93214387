// What a mail of the outbox says, to the byte: its template filled with what its intent tells, a
// token and a link to use it with. A pure rule; thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "lib/secret/secret.h"
#include "services/users/mail_message.h"
#include "services/users/mail_transport.h"
#include "services/users/queued_mail.h"
#include "services/users/single_use_token.h"

namespace tokenforge::users {

struct MailStyle {
  MailSender from;
  std::string service_name;  // what mails call us
  // Links are LINK_BASE/reset-password#token=… and LINK_BASE/verify-email#token=…: what stands
  // behind "#" reaches no server's log and no other site.
  std::string link_base;
  std::chrono::seconds reset_life = DefaultLifeOf(TokenPurpose::kPasswordReset);
  std::chrono::seconds verification_life = DefaultLifeOf(TokenPurpose::kEmailVerification);

  std::chrono::seconds LifeOf(TokenPurpose purpose) const;
};

// Which token a mail of this kind carries, if any.
std::optional<TokenPurpose> TokenOf(std::string_view kind);

// "30 minutes", "24 hours".
std::string InWords(std::chrono::seconds span);

// `token` is what TokenOf asks for; empty without one. INTERNAL_FAULT when the kind has no
// template.
absl::StatusOr<MailEnvelope> Compose(const MailStyle& style, const QueuedMail& mail,
                                     const secret::Secret& token, clock::WallTime now);

}  // namespace tokenforge::users
