#include "services/auth/status/words.h"

#include <algorithm>
#include <array>
#include <ctime>

namespace tokenforge::auth::status {

std::string SpanText(clock::SteadyTime::duration span) {
  using std::chrono::duration_cast;
  const auto seconds = std::max<std::int64_t>(0, duration_cast<std::chrono::seconds>(span).count());
  if (seconds < 120) return std::to_string(seconds) + " s";
  if (seconds < 120 * 60) return std::to_string(seconds / 60) + " min";
  if (seconds < 48 * 3600) return std::to_string(seconds / 3600) + " h";
  return std::to_string(seconds / (24 * 3600)) + " days";
}

std::string TimeText(clock::WallTime time) {
  const std::time_t unix_seconds = std::chrono::system_clock::to_time_t(time);
  struct tm broken{};
  std::array<char, 32> text{};
  gmtime_r(&unix_seconds, &broken);
  return {text.data(), std::strftime(text.data(), text.size(), "%Y-%m-%d %H:%M:%S", &broken)};
}

}  // namespace tokenforge::auth::status
