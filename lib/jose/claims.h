// The claims of an access token (RFC 9068, section 2.2) as views into the JSON text that they came
// in.
//
// Only for lib/jose: outside, claims are seen through a VerifiedToken and so only after
// verification.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string_view>
#include <vector>

namespace tokenforge::jose {

// A list claim: where its items lie in Claims::items.
struct ItemRange {
  std::uint32_t first = 0, count = 0;
};

struct Claims {
  std::string_view issuer, subject, token_id, session_id, client_id, scope, email;
  // A fraction of a second counts towards the later second for `exp` and `nbf`, which changes no
  // comparison with whole seconds, and is dropped for the others.
  std::optional<std::chrono::sys_seconds> expire_time, not_before, issue_time, auth_time;
  ItemRange audiences, roles, amr, scopes;
  std::vector<std::string_view> items;

  std::span<const std::string_view> Items(ItemRange range) const {
    return std::span(items).subspan(range.first, range.count);
  }
};

// Parses `size` bytes at `text` in place (see json::ParseObject: padding follows). False when it is
// not a strict JSON object, when a known claim has the wrong type, when a time is negative or after
// the year 9999, when `scope` is not RFC 6749's list, or when `sub` or `exp` is missing. Unknown
// claims are checked as JSON and then left alone.
bool ParseClaims(char* text, std::size_t size, Claims& claims);

}  // namespace tokenforge::jose
