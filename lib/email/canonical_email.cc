#include "lib/email/canonical_email.h"

#include <algorithm>

#include "lib/errors/errors.h"

namespace tokenforge::email {
namespace {

// Not <cctype>: those follow the locale.
bool IsUpper(char c) { return c >= 'A' && c <= 'Z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsAlphanumeric(char c) { return (c >= 'a' && c <= 'z') || IsUpper(c) || IsDigit(c); }

bool IsAtomCharacter(char c) {
  constexpr std::string_view kSymbols = "!#$%&'*+-/=?^_`{|}~";  // RFC 5322, 3.2.3
  return IsAlphanumeric(c) || kSymbols.find(c) != std::string_view::npos;
}

// Calls `each` with every part between dots; true when it accepted all of them.
template <class Each>
bool EveryPart(std::string_view text, Each each) {
  for (;;) {
    const std::size_t dot = text.find('.');
    if (!each(text.substr(0, dot))) return false;
    if (dot == std::string_view::npos) return true;
    text.remove_prefix(dot + 1);
  }
}

bool IsLocalPart(std::string_view local) {
  return EveryPart(local, [](std::string_view atom) {
    return !atom.empty() && std::all_of(atom.begin(), atom.end(), IsAtomCharacter);
  });
}

bool IsLabel(std::string_view label) {
  const auto allowed = [](char c) { return IsAlphanumeric(c) || c == '-'; };
  return !label.empty() && label.size() <= 63 && label.front() != '-' && label.back() != '-' &&
         std::all_of(label.begin(), label.end(), allowed);
}

bool IsDomain(std::string_view domain) {
  const std::size_t last_dot = domain.rfind('.');
  if (last_dot == std::string_view::npos || !EveryPart(domain, IsLabel)) return false;
  // A last label of digits only makes it an IPv4 address.
  const std::string_view last = domain.substr(last_dot + 1);
  return !std::all_of(last.begin(), last.end(), IsDigit);
}

// What is wrong with the text; empty when nothing is. Never repeats the text: it may be anything.
std::string_view Fault(std::string_view text) {
  if (text.empty()) return "is required";
  if (text.size() > CanonicalEmail::kMaxBytes) return "is longer than 254 bytes";
  const auto outside_ascii = [](char c) { return static_cast<unsigned char>(c) >= 0x80; };
  if (std::any_of(text.begin(), text.end(), outside_ascii)) {
    return "holds a character outside ASCII; write an international domain in its xn-- form";
  }
  const auto blank = [](char c) { return c <= ' ' || c == 0x7F; };
  if (std::any_of(text.begin(), text.end(), blank)) return "holds a space or a control character";
  const std::size_t at = text.find('@');
  if (at == std::string_view::npos || text.find('@', at + 1) != std::string_view::npos) {
    return "must hold exactly one @";
  }
  if (at > CanonicalEmail::kMaxLocalBytes) return "has more than 64 bytes before the @";
  if (!IsLocalPart(text.substr(0, at))) {
    return "has a part before the @ that is not letters, digits and !#$%&'*+-/=?^_`{|}~ joined by "
           "single dots";
  }
  if (!IsDomain(text.substr(at + 1))) return "has a part after the @ that is not a domain name";
  return {};
}

}  // namespace

absl::StatusOr<CanonicalEmail> CanonicalEmail::Parse(std::string_view text) {
  const std::string_view fault = Fault(text);
  if (!fault.empty()) return errors::InvalidFields({{"email", std::string(fault)}});
  std::string canonical(text);
  for (char& c : canonical) {
    if (IsUpper(c)) c = static_cast<char>(c - 'A' + 'a');
  }
  return CanonicalEmail(std::move(canonical));
}

}  // namespace tokenforge::email
