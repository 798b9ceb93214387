#include "services/users/mail_composer.h"

#include <utility>

#include "services/users/mail_intents.h"
#include "services/users/mail_templates.h"

namespace tokenforge::users {
namespace {

std::string LinkOf(const MailStyle& style, TokenPurpose purpose, const secret::Secret& token) {
  const char* const page =
      purpose == TokenPurpose::kPasswordReset ? "/reset-password#token=" : "/verify-email#token=";
  return style.link_base + page + std::string(token.Expose());
}

}  // namespace

std::chrono::seconds MailStyle::LifeOf(TokenPurpose purpose) const {
  return purpose == TokenPurpose::kPasswordReset ? reset_life : verification_life;
}

std::optional<TokenPurpose> TokenOf(std::string_view kind) {
  if (kind == mail_kinds::kPasswordReset) return TokenPurpose::kPasswordReset;
  if (kind == mail_kinds::kVerifyEmail || kind == mail_kinds::kVerifyNewEmail)
    return TokenPurpose::kEmailVerification;
  return std::nullopt;
}

std::string InWords(std::chrono::seconds span) {
  const auto words = [](long long count, const char* unit) {
    return std::to_string(count) + " " + unit + (count == 1 ? "" : "s");
  };
  const long long seconds = span.count();
  if (seconds % 3600 == 0) return words(seconds / 3600, "hour");
  if (seconds % 60 == 0) return words(seconds / 60, "minute");
  return words(seconds, "second");
}

absl::StatusOr<MailEnvelope> Compose(const MailStyle& style, const QueuedMail& mail,
                                     const secret::Secret& token, clock::WallTime now) {
  absl::StatusOr<email::CanonicalEmail> to = email::CanonicalEmail::Parse(mail.intent.email);
  if (!to.ok()) return to.status();
  MailValues values(mail.intent.attributes.begin(), mail.intent.attributes.end());
  values["service"] = style.service_name;
  values["email"] = to->text();
  values["time"] = HeaderDate(mail.intent.create_time);
  if (const auto purpose = TokenOf(mail.intent.kind)) {
    values["token"] = std::string(token.Expose());
    values["link"] = LinkOf(style, *purpose, token);
    values["life"] = InWords(style.LifeOf(*purpose));
  }
  absl::StatusOr<MailContent> content = FillTemplate(mail.intent.kind, values);
  if (!content.ok()) return content.status();
  MailMessage message{
      .from = style.from, .to = *to, .id = mail.id, .date = now, .content = *std::move(content)};
  return MailEnvelope{
      .from = style.from.address, .to = *std::move(to), .name = mail.id, .bytes = BytesOf(message)};
}

}  // namespace tokenforge::users
