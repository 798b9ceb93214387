#include "lib/redis/command_routes.h"

#include <algorithm>
#include <array>
#include <string>

#include "absl/strings/match.h"

namespace tokenforge::redis {
namespace {

bool Is(std::string_view word, std::string_view name) {
  return absl::EqualsIgnoreCase({word.data(), word.size()}, {name.data(), name.size()});
}

template <size_t N>
bool IsOneOf(std::string_view word, const std::array<std::string_view, N>& names) {
  return std::any_of(names.begin(), names.end(),
                     [word](std::string_view name) { return Is(word, name); });
}

constexpr std::array<std::string_view, 22> kKeyless = {
    "ACL",      "AUTH",    "CLIENT", "CLUSTER", "COMMAND",  "CONFIG",  "DBSIZE", "ECHO",
    "FLUSHALL", "FLUSHDB", "INFO",   "KEYS",    "LASTSAVE", "LATENCY", "PING",   "PUBLISH",
    "PUBSUB",   "ROLE",    "SCAN",   "SCRIPT",  "SLOWLOG",  "TIME"};

// `COMMAND SUBCOMMAND key …`.
constexpr std::array<std::string_view, 4> kKeyAfterSubcommand = {"MEMORY", "OBJECT", "XGROUP",
                                                                 "XINFO"};

// `COMMAND script-or-digest count key …`.
constexpr std::array<std::string_view, 4> kScripts = {"EVAL", "EVALSHA", "EVAL_RO", "EVALSHA_RO"};

constexpr std::array<std::string_view, 28> kReads = {
    "DBSIZE", "ECHO", "EXISTS", "GET",    "HGET",      "HGETALL",  "HMGET",
    "INFO",   "KEYS", "LRANGE", "MEMORY", "MGET",      "OBJECT",   "PING",
    "PTTL",   "ROLE", "SCAN",   "SCARD",  "SISMEMBER", "SMEMBERS", "STRLEN",
    "TIME",   "TTL",  "TYPE",   "XINFO",  "XLEN",      "XRANGE",   "XREAD"};

std::optional<std::string_view> At(std::span<const std::string_view> arguments, size_t index) {
  if (index >= arguments.size()) return std::nullopt;
  return arguments[index];
}

}  // namespace

std::optional<std::string_view> RoutingKeyOf(std::span<const std::string_view> arguments) {
  if (arguments.empty() || IsOneOf(arguments[0], kKeyless)) return std::nullopt;
  if (IsOneOf(arguments[0], kKeyAfterSubcommand)) return At(arguments, 2);
  if (IsOneOf(arguments[0], kScripts)) {
    return At(arguments, 2).value_or("0") == "0" ? std::nullopt : At(arguments, 3);
  }
  if (Is(arguments[0], "XREAD")) {
    const auto streams = std::find_if(arguments.begin(), arguments.end(),
                                      [](std::string_view word) { return Is(word, "STREAMS"); });
    return At(arguments, static_cast<size_t>(streams - arguments.begin()) + 1);
  }
  return At(arguments, 1);
}

bool OnlyReads(std::string_view name) { return IsOneOf(name, kReads); }

}  // namespace tokenforge::redis
