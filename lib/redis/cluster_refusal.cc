#include "lib/redis/cluster_refusal.h"

#include <array>
#include <charconv>
#include <optional>

#include "lib/redis/cluster_slot_map.h"
#include "lib/redis/key_slot.h"

namespace tokenforge::redis {
namespace {

std::optional<int> Number(std::string_view text, int least, int most) {
  int value = 0;
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, value);
  if (fault != std::errc() || stop != end || value < least || value > most) return std::nullopt;
  return value;
}

bool BeginsWithWord(std::string_view text, std::string_view word) {
  return text.starts_with(word) && (text.size() == word.size() || text[word.size()] == ' ');
}

// `MOVED 3999 127.0.0.1:6381`; of an IPv6 address the last colon is the port's.
Refusal Redirection(Refusal::Kind kind, std::string_view rest, const ServerAddress& asked) {
  const size_t space = rest.find(' ');
  const size_t colon = rest.rfind(':');
  if (space == std::string_view::npos || colon == std::string_view::npos || colon < space) {
    return {};
  }
  const std::optional<int> slot = Number(rest.substr(0, space), 0, kSlots - 1);
  const std::optional<int> port = Number(rest.substr(colon + 1), 1, 65535);
  std::string host = HostOf(rest.substr(space + 1, colon - space - 1), asked);
  if (!slot || !port || host.empty()) return {};
  return {kind, *slot, ServerAddress{"", std::move(host), *port}, kind == Refusal::Kind::kMoved};
}

}  // namespace

Refusal RefusalIn(std::string_view text, const ServerAddress& asked) {
  constexpr std::string_view kMoved = "MOVED ";
  constexpr std::string_view kAsk = "ASK ";
  if (text.starts_with(kMoved)) {
    return Redirection(Refusal::Kind::kMoved, text.substr(kMoved.size()), asked);
  }
  if (text.starts_with(kAsk)) {
    return Redirection(Refusal::Kind::kAsk, text.substr(kAsk.size()), asked);
  }
  if (BeginsWithWord(text, "TRYAGAIN")) return {.kind = Refusal::Kind::kWait};
  constexpr std::array<std::string_view, 4> kElsewhere = {"CLUSTERDOWN", "LOADING", "READONLY",
                                                          "MASTERDOWN"};
  for (const std::string_view word : kElsewhere) {
    if (BeginsWithWord(text, word)) return {.kind = Refusal::Kind::kWait, .map_is_old = true};
  }
  return {};
}

}  // namespace tokenforge::redis
