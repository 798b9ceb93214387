#include "services/users/mail_templates.h"

#include <algorithm>

#include "lib/errors/errors.h"
#include "services/users/mail_templates_built_in.h"

namespace tokenforge::users {
namespace {

constexpr std::string_view kSubject = "Subject: ";

absl::Status Fault(const std::string& what) {
  return errors::Make(errors::reasons::INTERNAL_FAULT, "A mail template is wrong: " + what + ".");
}

bool IsName(std::string_view name) {
  return !name.empty() && std::all_of(name.begin(), name.end(),
                                      [](char c) { return (c >= 'a' && c <= 'z') || c == '_'; });
}

std::string Escaped(std::string_view text) {
  std::string escaped;
  for (const char c : text) {
    switch (c) {
      case '&':
        escaped += "&amp;";
        break;
      case '<':
        escaped += "&lt;";
        break;
      case '>':
        escaped += "&gt;";
        break;
      case '"':
        escaped += "&quot;";
        break;
      case '\'':
        escaped += "&#39;";
        break;
      default:
        escaped += c;
    }
  }
  return escaped;
}

}  // namespace

absl::StatusOr<std::string> Fill(std::string_view text, const MailValues& values, bool html) {
  std::string filled;
  for (;;) {
    const std::size_t open = text.find("{{");
    filled += text.substr(0, open);
    if (open == std::string_view::npos) return filled;
    const std::size_t close = text.find("}}", open);
    if (close == std::string_view::npos) return Fault("a {{ without its }}");
    const std::string_view name = text.substr(open + 2, close - open - 2);
    if (!IsName(name)) return Fault("a {{ before what is no name");
    const auto value = values.find(name);
    if (value == values.end()) return Fault("nothing is given for " + std::string(name));
    filled += html ? Escaped(value->second) : value->second;
    text.remove_prefix(close + 2);
  }
}

std::vector<std::string_view> MailKinds() {
  std::vector<std::string_view> kinds;
  for (const BuiltInTemplate& each : BuiltInTemplates()) kinds.push_back(each.kind);
  return kinds;
}

absl::StatusOr<MailContent> FillTemplate(std::string_view kind, const MailValues& values) {
  const auto templates = BuiltInTemplates();
  const auto found =
      std::find_if(templates.begin(), templates.end(),
                   [kind](const BuiltInTemplate& each) { return each.kind == kind; });
  if (found == templates.end()) return Fault("there is none for " + std::string(kind));
  absl::StatusOr<std::string> text = Fill(found->text, values, false);
  if (!text.ok()) return text.status();
  absl::StatusOr<std::string> html = Fill(found->html, values, true);
  if (!html.ok()) return html.status();
  const std::size_t end = text->find("\n\n");
  if (!text->starts_with(kSubject) || end == std::string::npos) return Fault("it has no subject");
  return MailContent{.subject = text->substr(kSubject.size(), end - kSubject.size()),
                     .text = text->substr(end + 2),
                     .html = *std::move(html)};
}

}  // namespace tokenforge::users
