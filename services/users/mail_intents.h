// The mails that this service sends, and what each is told. A kind is the name of its template
// (mail_templates/) and what the outbox keeps; the sender (mail_worker.h) finds out what a mail
// needs beyond its intent: whether anybody has the address, and a token.
//
// Pure functions. Nothing that a stranger can choose freely goes into a mail: no names, and of a
// device only what cannot be read as a link (Shown), or a registration under somebody else's
// address would be a way to send them one's own words.
#pragma once

#include <string>
#include <string_view>

#include "lib/clock/clock.h"
#include "lib/email/canonical_email.h"
#include "services/users/mail_intent.h"
#include "services/users/origin.h"

namespace tokenforge::users {

using email::CanonicalEmail;

namespace mail_kinds {
inline constexpr std::string_view kVerifyEmail = "verify_email";          // with a token
inline constexpr std::string_view kVerifyNewEmail = "verify_new_email";   // the same, unasked
inline constexpr std::string_view kPasswordReset = "password_reset";      // with a token
inline constexpr std::string_view kPasswordChanged = "password_changed";  // a notice, as below
inline constexpr std::string_view kNewLogin = "new_login";
inline constexpr std::string_view kAlreadyRegistered = "already_registered";
inline constexpr std::string_view kFactorEnabled = "factor_enabled";
inline constexpr std::string_view kFactorDisabled = "factor_disabled";
inline constexpr std::string_view kRecoveryCodeUsed = "recovery_code_used";
// Not a mail yet: a registration of which nobody may learn whether the address was free.
inline constexpr std::string_view kRegistration = "registration";
}  // namespace mail_kinds

// A mail of this kind about something that was done just now, from where.
MailIntent MailOf(std::string_view kind, const CanonicalEmail& email, std::string user_id,
                  const Origin& origin, clock::WallTime now);

// A text that a stranger chose, as a mail may show it: letters, digits, blanks and "()_-+/;,", dots
// between digits only, at most 80 bytes. Nothing in it can become a link.
std::string Shown(std::string_view text);

}  // namespace tokenforge::users
