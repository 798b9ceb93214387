// The grammars of W3C Trace Context: section 3.2 (traceparent), 3.3 (tracestate), 4.3 (versions);
// and of W3C Baggage: section 3.3.
#include <algorithm>
#include <span>

#include "lib/telemetry/random.h"
#include "lib/telemetry/trace.h"

namespace tokenforge::telemetry {
namespace {

constexpr std::size_t kTraceparentSize = 55;  // 2 + 1 + 32 + 1 + 16 + 1 + 2
constexpr std::size_t kMaxMembers = 32;
constexpr std::size_t kMaxTracestate = 512;
constexpr std::size_t kLongMember = 128;
constexpr std::size_t kMaxBaggageMembers = 64;
constexpr std::size_t kMaxBaggage = 8192;

int HexDigit(char c) {
  if (c >= '0' && c <= '9') return c - '0';
  if (c >= 'a' && c <= 'f') return c - 'a' + 10;
  return -1;
}

bool ReadHex(std::string_view text, std::span<std::uint8_t> into) {
  for (std::size_t i = 0; i < into.size(); ++i) {
    const int high = HexDigit(text[2 * i]);
    const int low = HexDigit(text[2 * i + 1]);
    if (high < 0 || low < 0) return false;
    into[i] = static_cast<std::uint8_t>(high << 4 | low);
  }
  return true;
}

bool AllZero(std::span<const std::uint8_t> bytes) {
  return std::ranges::all_of(bytes, [](std::uint8_t byte) { return byte == 0; });
}

bool IsLower(char c) { return c >= 'a' && c <= 'z'; }
bool IsDigit(char c) { return c >= '0' && c <= '9'; }
bool IsKeyChar(char c) {
  return IsLower(c) || IsDigit(c) || c == '_' || c == '-' || c == '*' || c == '/';
}

bool IsKeyPart(std::string_view part, std::size_t longest, bool digit_may_begin) {
  return !part.empty() && part.size() <= longest &&
         (IsLower(part[0]) || (digit_may_begin && IsDigit(part[0]))) &&
         std::ranges::all_of(part, IsKeyChar);
}

// simple-key, or tenant-id "@" system-id.
bool IsKey(std::string_view key) {
  const std::size_t at = key.find('@');
  if (at == std::string_view::npos) return IsKeyPart(key, 256, false);
  return IsKeyPart(key.substr(0, at), 241, true) && IsKeyPart(key.substr(at + 1), 14, false);
}

bool IsStateValue(std::string_view value) {
  return !value.empty() && value.size() <= 256 && value.back() != ' ' &&
         std::ranges::all_of(value,
                             [](char c) { return c >= 0x20 && c <= 0x7e && c != ',' && c != '='; });
}

std::string_view Trim(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t") - first + 1);
}

// `token` of RFC 9110, section 5.6.2.
bool IsToken(std::string_view text) {
  return !text.empty() && std::ranges::all_of(text, [](char c) {
    return IsLower(c) || IsDigit(c) || (c >= 'A' && c <= 'Z') ||
           std::string_view("!#$%&'*+-.^_`|~").find(c) != std::string_view::npos;
  });
}

bool IsBaggageValue(std::string_view value) {
  return std::ranges::all_of(value, [](char c) {
    return c > 0x20 && c < 0x7f && c != '"' && c != ',' && c != ';' && c != '\\';
  });
}

// key "=" value, or a key alone where `bare` allows it; blanks around each are no part of them.
bool IsPair(std::string_view text, bool bare) {
  const std::size_t equals = text.find('=');
  if (equals == std::string_view::npos) return bare && IsToken(Trim(text));
  return IsToken(Trim(text.substr(0, equals))) && IsBaggageValue(Trim(text.substr(equals + 1)));
}

// key "=" value, then properties.
bool IsBaggageMember(std::string_view member) {
  for (bool first = true;; first = false) {
    const std::size_t semicolon = member.find(';');
    if (!IsPair(member.substr(0, semicolon), !first)) return false;
    if (semicolon == std::string_view::npos) return true;
    member.remove_prefix(semicolon + 1);
  }
}

std::size_t JoinedSize(const std::vector<std::string_view>& members) {
  std::size_t size = members.empty() ? 0 : members.size() - 1;
  for (const std::string_view member : members) size += member.size();
  return size;
}

void Shorten(std::vector<std::string_view>* members) {
  for (std::size_t i = members->size(); i-- > 0 && JoinedSize(*members) > kMaxTracestate;) {
    if ((*members)[i].size() > kLongMember) members->erase(members->begin() + static_cast<long>(i));
  }
  while (JoinedSize(*members) > kMaxTracestate) members->pop_back();
}

// The members, or nothing when one of them breaks a rule.
std::optional<std::vector<std::string_view>> SplitTracestate(std::string_view combined) {
  std::vector<std::string_view> members;
  std::vector<std::string_view> keys;
  while (!combined.empty()) {
    const std::size_t comma = std::min(combined.find(','), combined.size());
    const std::string_view member = Trim(combined.substr(0, comma));
    combined.remove_prefix(std::min(comma + 1, combined.size()));
    if (member.empty()) continue;
    const std::size_t equals = member.find('=');
    if (equals == std::string_view::npos) return std::nullopt;
    const std::string_view key = member.substr(0, equals);
    if (!IsKey(key) || !IsStateValue(member.substr(equals + 1))) return std::nullopt;
    if (members.size() == kMaxMembers || std::ranges::count(keys, key) > 0) return std::nullopt;
    keys.push_back(key);
    members.push_back(member);
  }
  return members;
}

}  // namespace

std::optional<Traceparent> ParseTraceparent(std::string_view value) {
  if (value.size() < kTraceparentSize) return std::nullopt;
  Traceparent parsed;
  std::uint8_t version = 0;
  if (!ReadHex(value, std::span(&version, 1)) || version == 0xff) return std::nullopt;
  if (value.size() > kTraceparentSize && (version == 0 || value[kTraceparentSize] != '-')) {
    return std::nullopt;
  }
  if (value[2] != '-' || value[35] != '-' || value[52] != '-') return std::nullopt;
  if (!ReadHex(value.substr(3), parsed.trace_id) || !ReadHex(value.substr(36), parsed.parent_id) ||
      !ReadHex(value.substr(53), std::span(&parsed.flags, 1))) {
    return std::nullopt;
  }
  if (AllZero(parsed.trace_id) || AllZero(parsed.parent_id)) return std::nullopt;
  // Flags that we do not know are not ours to hand on (section 3.2.2.5).
  parsed.flags &= TraceContext::kSampled | TraceContext::kRandom;
  return parsed;
}

std::optional<std::string> NormalizeTracestate(std::string_view combined) {
  std::optional<std::vector<std::string_view>> members = SplitTracestate(combined);
  if (!members.has_value()) return std::nullopt;
  Shorten(&*members);
  std::string joined;
  for (const std::string_view member : *members) {
    if (!joined.empty()) joined.push_back(',');
    joined.append(member);
  }
  return joined;
}

std::string NormalizeBaggage(std::string_view combined) {
  std::string kept;
  for (std::size_t members = 0; !combined.empty() && members < kMaxBaggageMembers;) {
    const std::size_t comma = std::min(combined.find(','), combined.size());
    std::string member(combined.substr(0, comma));
    combined.remove_prefix(std::min(comma + 1, combined.size()));
    if (!IsBaggageMember(member)) continue;
    // What blanks there are stand around tokens, and gRPC takes no tab.
    std::erase_if(member, [](char c) { return c == ' ' || c == '\t'; });
    if (kept.size() + !kept.empty() + member.size() > kMaxBaggage) break;
    if (!kept.empty()) kept.push_back(',');
    kept.append(member);
    ++members;
  }
  return kept;
}

bool IsRequestId(std::string_view value) {
  return !value.empty() && value.size() <= 128 && std::ranges::all_of(value, [](char c) {
    return IsLower(c) || IsDigit(c) || (c >= 'A' && c <= 'Z') || c == '.' || c == '_' || c == '-';
  });
}

std::string NewRequestId() {
  std::array<std::uint8_t, 16> bytes;
  FillRandomId(bytes);
  std::string id;
  id.reserve(2 * bytes.size());
  AppendHex(bytes, &id);
  return id;
}

}  // namespace tokenforge::telemetry
