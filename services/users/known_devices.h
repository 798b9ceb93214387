// Where somebody usually logs in from: what a login shows of its device and network, so that one
// from elsewhere can be told to the owner by mail.
//
// A device is what it says it is (name and user agent), a network the address's /24 (IPv4) or /48
// (IPv6). Kept are hashes of them together with the user's ID: enough to know one again, and no
// list of where people are. Pure functions; thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "lib/clock/clock.h"
#include "services/users/account.h"
#include "services/users/mail_intent.h"
#include "services/users/origin.h"

namespace tokenforge::users {

// A login that succeeded. Written beside what records it (beside.h): then its device and network
// are known, and `alert` is sent if one of them was not, unless the user had none at all, as after
// registering.
struct LoginSeen {
  std::string user_id;
  std::vector<std::string> traits;  // sorted: "device:…", "network:…", as far as they are told
  clock::WallTime time;
  MailIntent alert;
};

LoginSeen SeenBy(const Account& account, const Origin& origin, clock::WallTime now);

// The address's network: "192.0.2.0/24", "2001:db8:1::/48"; empty for what is no address.
std::string NetworkOf(std::string_view address);

}  // namespace tokenforge::users
