#include "services/users/mail_intents.h"

#include <utility>

#include "absl/strings/ascii.h"

namespace tokenforge::users {
namespace {

constexpr std::size_t kMaxShownBytes = 80;

bool IsPlain(unsigned char c) {
  return absl::ascii_isalnum(c) ||
         std::string_view(" ()_-+/;,").find(static_cast<char>(c)) != std::string_view::npos;
}

bool IsAddress(std::string_view text) {
  return !text.empty() && text.size() <= 45 &&
         text.find_first_not_of("0123456789abcdefABCDEF.:") == std::string_view::npos;
}

}  // namespace

std::string Shown(std::string_view text) {
  std::string shown;
  for (std::size_t i = 0; i < text.size() && shown.size() < kMaxShownBytes; ++i) {
    const auto c = static_cast<unsigned char>(text[i]);
    const bool between_digits = i > 0 && i + 1 < text.size() &&
                                absl::ascii_isdigit(static_cast<unsigned char>(text[i - 1])) &&
                                absl::ascii_isdigit(static_cast<unsigned char>(text[i + 1]));
    const bool dot = c == '.' && between_digits;
    shown += IsPlain(c) || dot ? text[i] : ' ';
  }
  const absl::string_view trimmed = absl::StripAsciiWhitespace(shown);
  return std::string(trimmed.data(), trimmed.size());
}

MailIntent MailOf(std::string_view kind, const CanonicalEmail& email, std::string user_id,
                  const Origin& origin, clock::WallTime now) {
  std::string device = Shown(origin.device_name);
  if (device.empty()) device = Shown(origin.user_agent);
  return {.kind = std::string(kind),
          .email = email.text(),
          .user_id = std::move(user_id),
          .create_time = now,
          .attributes = {{"device", device.empty() ? "an unknown device" : device},
                         {"address", IsAddress(origin.ip_address) ? origin.ip_address
                                                                  : "an unknown address"}}};
}

}  // namespace tokenforge::users
