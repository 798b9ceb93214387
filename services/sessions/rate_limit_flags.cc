#include "services/sessions/rate_limit_flags.h"

#include "lib/config/config.h"

namespace tokenforge::sessions {
namespace {

LockPolicy LockOf(const RateLimitSettings& settings) {
  return {settings.account_lock_after, settings.account_lock_min, settings.account_lock_max,
          settings.account_lock_forget};
}

std::vector<std::string> Mistakes(const RateLimitSettings& settings) {
  RateLimits limits;
  std::vector<std::string> mistakes = limits.Change(settings.rate_limit);
  for (std::string& fault : LockFaults(LockOf(settings))) mistakes.push_back(std::move(fault));
  return mistakes;
}

std::string Defaults() {
  std::string all;
  const RateLimits limits;
  for (const auto& [name, policy] : limits.policies()) {
    all += (all.empty() ? "" : ", ") + name + "=" + TextOf(policy);
  }
  return all;
}

}  // namespace

void Declare(config::Parser& parser, RateLimitSettings* settings) {
  using std::chrono::days;
  using std::chrono::hours;
  using std::chrono::minutes;
  using std::chrono::seconds;
  parser.Group("Rate limits");
  parser.StringList("rate-limit", &settings->rate_limit, {},
                    "A policy as POLICY=BURST/REFILL/PERIOD, repeatable; unchanged: " + Defaults());
  parser.Integer("account-lock-after", &settings->account_lock_after, 20,
                 "Failures in a row from which on each locks the account", 1, 1'000'000);
  parser.Duration("account-lock-min", &settings->account_lock_min, minutes(1),
                  "How long the first of them locks; each further one twice as long", seconds(1),
                  hours(24));
  parser.Duration("account-lock-max", &settings->account_lock_max, minutes(15), "The longest lock",
                  seconds(1), hours(24));
  parser.Duration("account-lock-forget", &settings->account_lock_forget, hours(24),
                  "A row of failures is forgotten so long after its last", seconds(1), days(30));
  parser.Check([settings] { return Mistakes(*settings); });
}

RateLimits RateLimitsOf(const RateLimitSettings& settings) {
  RateLimits limits;
  limits.Change(settings.rate_limit);
  limits.lock = LockOf(settings);
  return limits;
}

}  // namespace tokenforge::sessions
