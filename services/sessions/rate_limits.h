// The rate limits of the suite: which policies there are, what each allows, and how an operator
// changes that. The names are the API's (TakeTokensRequest.policy); nobody can add one.
//
// Values; pure functions; thread-safe.
#pragma once

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "services/sessions/account_lock.h"
#include "services/sessions/token_bucket.h"

namespace tokenforge::sessions {

// Names that this service uses itself; the others are the callers'.
inline constexpr std::string_view kRefreshSession = "refresh_session";
// Not a bucket but a streak (account_lock.h).
inline constexpr std::string_view kAccountLock = "account_lock";

class RateLimits {
 public:
  using Policies = std::map<std::string, TokenPolicy, std::less<>>;

  // The defaults:
  //   login_account    5/5/15m       an account and an address; a right password gives back
  //   login_address    100/100/15m   an address (IPv6: /64)
  //   register_address 20/20/1h      an address
  //   reset_account    3/3/1h        an account
  //   refresh_session  10/30/1m      a session; taken by RotateRefreshToken itself
  //   second_factor    5/none/5m     a login challenge; 5m is its life
  RateLimits();

  // Null: there is no such policy of tokens.
  const TokenPolicy* Find(std::string_view name) const;
  const Policies& policies() const { return policies_; }
  LockPolicy lock;  // of account_lock

  // Changes policies as flags say, each `POLICY=BURST/REFILL/PERIOD` such as
  // "login_address=100/100/15m"; a refill of "none" lets nothing come back before the end of a
  // period in which nothing was taken. Answers with every mistake; then nothing was changed.
  std::vector<std::string> Change(const std::vector<std::string>& settings);

 private:
  Policies policies_;
};

// "100/100/15m".
std::string TextOf(const TokenPolicy& policy);

}  // namespace tokenforge::sessions
