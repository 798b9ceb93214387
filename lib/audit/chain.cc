#include "lib/audit/chain.h"

#include <charconv>
#include <chrono>
#include <limits>

#include "absl/strings/escaping.h"
#include "lib/secret/digest.h"

namespace tokenforge::audit {
namespace {

constexpr std::size_t kHashBytes = 32;

class Bytes {
 public:
  void Number(std::uint64_t number) {
    for (int shift = 56; shift >= 0; shift -= 8) bytes_ += static_cast<char>(number >> shift);
  }
  void Text(std::string_view text) {
    Number(text.size());
    bytes_ += text;
  }
  const std::string& all() const { return bytes_; }

 private:
  std::string bytes_;
};

std::uint64_t Microseconds(clock::WallTime time) {
  return static_cast<std::uint64_t>(
      std::chrono::floor<std::chrono::microseconds>(time.time_since_epoch()).count());
}

bool IsLowerHex(std::string_view text) {
  return text.find_first_not_of("0123456789abcdef") == std::string_view::npos;
}

std::string Numbered(std::int64_t sequence) { return "event " + std::to_string(sequence); }

}  // namespace

std::string TextOf(const Link& link) {
  return std::to_string(link.sequence) + ":" + absl::BytesToHexString(link.hash);
}

std::optional<Link> ParseLink(std::string_view text) {
  const std::size_t colon = text.find(':');
  if (colon == std::string_view::npos) return std::nullopt;
  Link link;
  const std::string_view number = text.substr(0, colon);
  const auto read = std::from_chars(number.data(), number.data() + number.size(), link.sequence);
  const std::string_view hash = text.substr(colon + 1);
  const std::size_t wanted = link.sequence == 0 ? 0 : 2 * kHashBytes;
  if (number.empty() || read.ec != std::errc() || read.ptr != number.data() + number.size() ||
      link.sequence < 0 || link.sequence == std::numeric_limits<std::int64_t>::max() ||
      hash.size() != wanted || !IsLowerHex(hash)) {
    return std::nullopt;
  }
  link.hash = absl::HexStringToBytes(absl::string_view(hash.data(), hash.size()));
  return TextOf(link) == text ? std::optional(link) : std::nullopt;
}

std::string ChainHash(std::string_view previous, const Event& event) {
  Bytes bytes;
  bytes.Text("tokenforge.audit.1");
  bytes.Text(previous);
  bytes.Number(static_cast<std::uint64_t>(event.sequence));
  bytes.Number(Microseconds(event.time));
  for (const std::string* text : {&event.kind, &event.user_id, &event.actor, &event.ip_address,
                                  &event.request_id, &event.trace_id}) {
    bytes.Text(*text);
  }
  bytes.Number(event.attributes.size());
  for (const auto& [name, value] : event.attributes) {
    bytes.Text(name);
    bytes.Text(value);
  }
  return std::string(secret::AsBytes(secret::Sha256(bytes.all())));
}

std::optional<std::string> ChainCheck::Next(const Event& event) {
  const std::int64_t due = head_.sequence + 1;
  if (event.sequence > due) {
    return "after " + Numbered(head_.sequence) + " comes " + Numbered(event.sequence) + ": " +
           std::to_string(event.sequence - due) + " between them are gone";
  }
  if (event.sequence < due) {
    return "after " + Numbered(head_.sequence) + " comes " + Numbered(event.sequence) +
           ": events were put in or moved";
  }
  if (ChainHash(head_.hash, event) != event.hash) {
    return Numbered(event.sequence) +
           " does not fit its hash: it, or the hash before it, is not what was written";
  }
  head_ = {event.sequence, event.hash};
  return std::nullopt;
}

}  // namespace tokenforge::audit
