#include "services/users/mail_message.h"

#include <algorithm>
#include <array>
#include <chrono>
#include <cstdio>

#include "absl/strings/escaping.h"

namespace tokenforge::users {
namespace {

constexpr std::size_t kLineBytes = 76;         // RFC 2045, 6.8
constexpr std::size_t kEncodedWordBytes = 42;  // in base64 with its frame below 75 (RFC 2047, 2)

std::string Base64(const std::string& bytes) { return absl::Base64Escape(bytes); }

std::string Lines(const std::string& encoded) {
  std::string lines;
  for (std::size_t at = 0; at < encoded.size(); at += kLineBytes) {
    lines += encoded.substr(at, kLineBytes) + "\r\n";
  }
  return lines;
}

bool IsPlain(const std::string& text) {
  return text.size() <= 200 && text.find("=?") == std::string::npos &&
         std::all_of(text.begin(), text.end(),
                     [](unsigned char c) { return c >= 0x20 && c < 0x7F; });
}

// An encoded word holds whole characters.
std::size_t WholeCharacters(const std::string& text, std::size_t at) {
  std::size_t end = std::min(text.size(), at + kEncodedWordBytes);
  while (end < text.size() && end > at + 1 &&
         (static_cast<unsigned char>(text[end]) & 0xC0) == 0x80) {
    --end;
  }
  return end - at;
}

std::string Part(const std::string& type, const std::string& content) {
  return "Content-Type: " + type + "; charset=utf-8\r\nContent-Transfer-Encoding: base64\r\n\r\n" +
         Lines(Base64(content));
}

// A display name is a quoted string, or encoded.
std::string FromText(const MailSender& from) {
  if (from.name.empty()) return from.address.text();
  std::string name = HeaderText(from.name);
  if (name == from.name) {
    std::string quoted;
    for (const char c : name) {
      if (c == '"' || c == '\\') quoted += '\\';
      quoted += c;
    }
    name = '"' + quoted + '"';
  }
  return name + " <" + from.address.text() + ">";
}

std::string DomainOf(const email::CanonicalEmail& address) {
  return address.text().substr(address.text().find('@') + 1);
}

}  // namespace

std::string HeaderText(const std::string& text) {
  if (IsPlain(text)) return text;
  std::string encoded;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t size = WholeCharacters(text, at);
    if (at > 0) encoded += "\r\n ";
    encoded += "=?utf-8?B?" + Base64(text.substr(at, size)) + "?=";
    at += size;
  }
  return encoded;
}

std::string HeaderDate(clock::WallTime time) {
  using namespace std::chrono;
  static constexpr std::array<const char*, 7> kDays = {"Sun", "Mon", "Tue", "Wed",
                                                       "Thu", "Fri", "Sat"};
  static constexpr std::array<const char*, 12> kMonths = {"Jan", "Feb", "Mar", "Apr", "May", "Jun",
                                                          "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"};
  const auto day = floor<days>(time);
  const year_month_day date(day);
  const hh_mm_ss clock(floor<seconds>(time - day));
  std::array<char, 64> text{};
  const int size = std::snprintf(
      text.data(), text.size(), "%s, %02u %s %04d %02d:%02d:%02d +0000",
      kDays[weekday(day).c_encoding()], static_cast<unsigned>(date.day()),
      kMonths[static_cast<unsigned>(date.month()) - 1], static_cast<int>(date.year()),
      static_cast<int>(clock.hours().count()), static_cast<int>(clock.minutes().count()),
      static_cast<int>(clock.seconds().count()));
  return {text.data(), static_cast<std::size_t>(size)};
}

std::string BytesOf(const MailMessage& message) {
  const std::string boundary = "=_" + message.id;  // "_" is in no base64
  return "From: " + FromText(message.from) + "\r\nTo: " + message.to.text() +
         "\r\nSubject: " + HeaderText(message.content.subject) +
         "\r\nDate: " + HeaderDate(message.date) + "\r\nMessage-ID: <" + message.id + "@" +
         DomainOf(message.from.address) +
         ">\r\nMIME-Version: 1.0\r\nAuto-Submitted: auto-generated\r\n"
         "Content-Type: multipart/alternative; boundary=\"" +
         boundary + "\"\r\n\r\n--" + boundary + "\r\n" + Part("text/plain", message.content.text) +
         "--" + boundary + "\r\n" + Part("text/html", message.content.html) + "--" + boundary +
         "--\r\n";
}

}  // namespace tokenforge::users
