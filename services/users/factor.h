// A second factor and a login that waits for one, as stores and rules see them.
//
// Plain values. Nothing here is secret by itself: secrets are sealed (lib/sealing), codes and
// challenges are hashes.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/clock/clock.h"
#include "services/users/account.h"

namespace tokenforge::users {

// What a user has beside the password. Whether it is in force says Account::mfa_enabled.
//
//   none ── Enroll ──► enrolled ── Confirm, right ──► in force ── Disable ──► none
//                      │  ▲  └─ Enroll: another secret     (Enroll: refused)
//                      └──┘ Confirm, wrong: at most five times, then none
struct SecondFactor {
  std::string enrolled_secret = {};  // sealed; empty unless one waits to be confirmed
  int enrolled_tries = 0;            // wrong codes for it
  std::string secret = {};           // sealed; empty unless in force
  std::int64_t last_step = 0;        // the newest TOTP step whose code was used (totp.h)
  std::vector<std::string> recovery_hashes = {};  // of the codes that are left (recovery_code.h)

  bool empty() const { return enrolled_secret.empty() && secret.empty(); }
  bool operator==(const SecondFactor&) const = default;
};

// A login whose password was right. Bound to the service that asked, and good until it is used, has
// expired, or was tried with too many wrong codes.
struct LoginChallenge {
  std::string hash;  // SHA-256 of the challenge, in hexadecimal; the challenge itself is nowhere
  std::string user_id;
  std::string client_id;  // SPIFFE ID of the façade's peer; only that one completes the login
  // The device that the session will be of: what the first step said.
  std::string device_name;
  std::string user_agent;
  std::string device_address;
  int tries = 0;  // wrong codes
  clock::WallTime create_time;
  clock::WallTime expire_time;
};

// Everything about one user's second factor, read in one transaction with the account locked.
struct FactorState {
  Credentials account;
  SecondFactor factor = {};
  // The challenge that was asked for. An edit that empties it uses it up.
  std::optional<LoginChallenge> challenge = {};
  bool drop_challenges = false;  // set by an edit: none of the user's challenges is good any more
};

}  // namespace tokenforge::users
