// What mails say: a text and an HTML template for each kind (mail_templates/KIND.txt and
// KIND.html), built into the program.
//
// A template's text file begins with a line "Subject: …" and an empty line. "{{name}}" stands for a
// value; in HTML it is escaped. Strict: a name that a mail has no value for, or a "{{" that is no
// name, is an error, and a test fills every template with what its mail is given.
//
// Pure functions; thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "services/users/mail_message.h"

namespace tokenforge::users {

using MailValues = std::map<std::string, std::string, std::less<>>;

// The mail of this kind. INTERNAL_FAULT when there is no such template, or it asks for a value that
// is not given.
absl::StatusOr<MailContent> FillTemplate(std::string_view kind, const MailValues& values);

// Every kind that has a template.
std::vector<std::string_view> MailKinds();

// One template with its values; `html` escapes them.
absl::StatusOr<std::string> Fill(std::string_view text, const MailValues& values, bool html);

}  // namespace tokenforge::users
