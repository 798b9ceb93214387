#include "lib/config/values.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <charconv>
#include <cstring>
#include <utility>

#include "lib/config/config.h"

namespace tokenforge::config {
namespace {

struct Unit {
  std::string_view name;
  std::int64_t milliseconds;
};
constexpr std::array<Unit, 5> kUnits = {
    {{"d", 86'400'000}, {"h", 3'600'000}, {"m", 60'000}, {"s", 1000}, {"ms", 1}}};

bool ReadWhole(std::string_view text, std::int64_t* into) {
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), *into);
  return error == std::errc() && end == text.data() + text.size();
}

bool IsHostChar(char c) {
  return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
         c == '-' || c == '_';
}

bool IsHost(std::string_view host) {
  if (host.size() > 2 && host.front() == '[' && host.back() == ']') {
    return std::ranges::all_of(host.substr(1, host.size() - 2), [](char c) {
      return std::string_view("0123456789abcdefABCDEF:.%").find(c) != std::string_view::npos ||
             IsHostChar(c);
    });
  }
  return !host.empty() && std::ranges::all_of(host, IsHostChar);
}

// Edits (insert, delete, replace) that make one word of another.
std::size_t Distance(std::string_view a, std::string_view b) {
  std::vector<std::size_t> row(b.size() + 1);
  for (std::size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (std::size_t i = 1; i <= a.size(); ++i) {
    std::size_t diagonal = std::exchange(row[0], i);
    for (std::size_t j = 1; j <= b.size(); ++j) {
      const std::size_t replaced = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = std::exchange(row[j], std::min({row[j] + 1, row[j - 1] + 1, replaced}));
    }
  }
  return row[b.size()];
}

}  // namespace

bool ParseDuration(std::string_view text, std::chrono::milliseconds* into) {
  if (text == "0") {
    *into = std::chrono::milliseconds(0);
    return true;
  }
  const std::size_t digits = std::min(text.find_first_not_of("0123456789"), text.size());
  std::int64_t count = 0;
  if (!ReadWhole(text.substr(0, digits), &count)) return false;
  for (const Unit& unit : kUnits) {
    if (unit.name != text.substr(digits)) continue;
    if (count > std::numeric_limits<std::int64_t>::max() / unit.milliseconds) return false;
    *into = std::chrono::milliseconds(count * unit.milliseconds);
    return true;
  }
  return false;
}

std::string FormatDuration(std::chrono::milliseconds duration) {
  const std::int64_t count = duration.count();
  if (count == 0) return "0";
  for (const Unit& unit : kUnits) {
    if (count % unit.milliseconds == 0) {
      return std::to_string(count / unit.milliseconds) + std::string(unit.name);
    }
  }
  return std::to_string(count) + "ms";
}

Expected ReadBool(std::string_view text, bool* into) {
  for (const std::string_view word : {"true", "yes", "on", "1"}) {
    if (text == word) return *into = true, std::nullopt;
  }
  for (const std::string_view word : {"false", "no", "off", "0"}) {
    if (text == word) return *into = false, std::nullopt;
  }
  return "true or false";
}

Expected ReadInteger(std::string_view text, std::int64_t min, std::int64_t max,
                     std::int64_t* into) {
  if (ReadWhole(text, into) && *into >= min && *into <= max) return std::nullopt;
  return "a whole number from " + std::to_string(min) + " to " + std::to_string(max);
}

Expected ReadDuration(std::string_view text, std::chrono::milliseconds min,
                      std::chrono::milliseconds max, std::chrono::milliseconds* into) {
  if (ParseDuration(text, into) && *into >= min && *into <= max) return std::nullopt;
  return "a duration such as 250ms, 5s, 15m, 24h or 7d, from " + FormatDuration(min) + " to " +
         FormatDuration(max);
}

Expected ReadChoice(std::string_view text, const std::vector<std::string>& words,
                    std::string* into) {
  *into = text;
  if (std::ranges::find(words, text) != words.end()) return std::nullopt;
  return "one of " + JoinWords(words, ", ");
}

Expected ReadList(std::string_view text, std::vector<std::string>* into) {
  into->clear();
  if (TrimBlanks(text).empty()) return std::nullopt;
  while (true) {
    const std::size_t comma = text.find(',');
    const std::string_view item = TrimBlanks(text.substr(0, comma));
    if (item.empty()) return "a list without blank items, such as a,b";
    into->emplace_back(item);
    if (comma == std::string_view::npos) return std::nullopt;
    text.remove_prefix(comma + 1);
  }
}

Expected ReadAddress(std::string_view text, std::string* into) {
  *into = text;
  const std::size_t colon = text.rfind(':');
  std::int64_t port = -1;
  if (colon != std::string_view::npos && IsHost(text.substr(0, colon)) &&
      ReadWhole(text.substr(colon + 1), &port) && port >= 0 && port <= 65535) {
    return std::nullopt;
  }
  return "host:port, such as 127.0.0.1:7444 or [::]:7444";
}

Expected ReadableFile(const std::string& path) {
  struct stat status{};
  if (stat(path.c_str(), &status) != 0) {
    return std::string("a file that exists (") + std::strerror(errno) + ")";
  }
  if (!S_ISREG(status.st_mode)) return "a regular file";
  if (access(path.c_str(), R_OK) != 0) return "a file that this process may read";
  return std::nullopt;
}

std::string JoinWords(const std::vector<std::string>& words, std::string_view between) {
  std::string joined;
  for (const std::string& word : words) {
    if (!joined.empty()) joined.append(between);
    joined.append(word);
  }
  return joined;
}

std::string_view TrimBlanks(std::string_view text) {
  const std::size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

std::string Nearest(std::string_view name, const std::vector<std::string>& known) {
  std::string best;
  std::size_t best_distance = std::max<std::size_t>(2, name.size() / 3) + 1;
  for (const std::string& candidate : known) {
    const std::size_t distance = Distance(name, candidate);
    if (distance < best_distance) {
      best = candidate;
      best_distance = distance;
    }
  }
  return best;
}

}  // namespace tokenforge::config
