#include "services/sessions/rate_limits.h"

#include <charconv>
#include <optional>
#include <set>
#include <utility>

#include "lib/config/config.h"

namespace tokenforge::sessions {
namespace {

using std::chrono::hours;
using std::chrono::minutes;

constexpr std::string_view kNone = "none";
constexpr const char* kForm = "is to be POLICY=BURST/REFILL/PERIOD, as login_address=100/100/15m";

bool ParseCount(std::string_view text, std::int64_t* into) {
  const auto [end, fault] = std::from_chars(text.data(), text.data() + text.size(), *into);
  return fault == std::errc() && end == text.data() + text.size();
}

std::optional<TokenPolicy> Parse(std::string_view text) {
  const size_t first = text.find('/');
  const size_t second = first == text.npos ? text.npos : text.find('/', first + 1);
  if (second == text.npos) return std::nullopt;
  const std::string_view refill = text.substr(first + 1, second - first - 1);
  TokenPolicy policy;
  const bool read = ParseCount(text.substr(0, first), &policy.burst) &&
                    (refill == kNone || ParseCount(refill, &policy.refill)) &&
                    config::ParseDuration(text.substr(second + 1), &policy.period);
  return read ? std::optional(policy) : std::nullopt;
}

std::string NamesOf(const RateLimits::Policies& policies) {
  std::string names;
  for (const auto& [name, policy] : policies) names += (names.empty() ? "" : ", ") + name;
  return names;
}

}  // namespace

RateLimits::RateLimits()
    : policies_{{"login_account", {5, 5, minutes(15)}},
                {"login_address", {100, 100, minutes(15)}},
                {"register_address", {20, 20, hours(1)}},
                {"reset_account", {3, 3, hours(1)}},
                {std::string(kRefreshSession), {10, 30, minutes(1)}},
                {"second_factor", {5, 0, minutes(5)}}} {}

const TokenPolicy* RateLimits::Find(std::string_view name) const {
  const auto found = policies_.find(name);
  return found == policies_.end() ? nullptr : &found->second;
}

std::vector<std::string> RateLimits::Change(const std::vector<std::string>& settings) {
  std::vector<std::string> mistakes;
  Policies changed = policies_;
  std::set<std::string> named;
  for (const std::string& setting : settings) {
    const std::string name = setting.substr(0, setting.find('='));
    const auto mistake = [&](const std::string& what) {
      mistakes.push_back("rate-limit: \"" + setting + "\" " + what);
    };
    const auto policy = Parse(setting.substr(std::min(setting.size(), name.size() + 1)));
    if (name.size() == setting.size() || !policy) {
      mistake(kForm);
    } else if (!policies_.contains(name)) {
      mistake("names no policy: there are " + NamesOf(policies_));
    } else if (!named.insert(name).second) {
      mistake("sets a policy that is set before");
    } else {
      for (const std::string& fault : PolicyFaults(*policy)) mistake("will not do: " + fault);
      changed[name] = *policy;
    }
  }
  if (mistakes.empty()) policies_ = std::move(changed);
  return mistakes;
}

std::string TextOf(const TokenPolicy& policy) {
  return std::to_string(policy.burst) + "/" +
         (policy.refill == 0 ? std::string(kNone) : std::to_string(policy.refill)) + "/" +
         config::FormatDuration(policy.period);
}

}  // namespace tokenforge::sessions
