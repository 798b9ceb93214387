// The pages: HTML that never changes, so there is nothing in them to escape, and no script.
#pragma once

namespace gateway {

inline constexpr char kHtml[] = "text/html; charset=utf-8";

extern const char kLoginPage[];   // for who is not logged in: log in, or register
extern const char kCodePage[];    // the second factor
extern const char kPersonPage[];  // for who is logged in

}  // namespace gateway
