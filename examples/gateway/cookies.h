// Cookies that a thief of scripts, of links and of the network cannot read or set.
//
// `__Host-`: the browser takes them over HTTPS only, for this host alone, so no neighbouring
// subdomain can plant one. HttpOnly: no script reads them. SameSite=Strict: no other site makes a
// browser send them.
#pragma once

#include <httplib.h>

#include <chrono>
#include <string>

namespace gateway {

inline constexpr char kAccess[] = "__Host-access";    // the access token
inline constexpr char kRefresh[] = "__Host-refresh";  // the refresh token
inline constexpr char kChallenge[] =
    "__Host-challenge";  // of a login that waits for its second factor

// Empty when the request has none of this name, or more than one.
std::string CookieOf(const httplib::Request& request, const std::string& name);

// Until `expire_time` (seconds since 1970); the browser drops it by itself.
void SetCookie(httplib::Response& response, const std::string& name, const std::string& value,
               int64_t expire_time);
void DropCookie(httplib::Response& response, const std::string& name);

}  // namespace gateway
