// What a new password must be: 8 characters or more, and no more than the hash takes in.
//
// No rules of composition and no expiry (NIST SP 800-63B-4, 3.1.1.2; OWASP ASVS 6.2.5, 6.2.10).
// Passwords are taken exactly as sent: never trimmed, folded or cut. bcrypt reads 72 bytes and
// stops at a NUL, so what lies beyond either is refused instead of ignored. Pure functions; they
// cost little for a password of any size.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace tokenforge::users {

inline constexpr std::size_t kMinPasswordCodePoints = 8;
inline constexpr std::size_t kMaxPasswordBytes = 72;  // what bcrypt reads

// What is wrong with a password that somebody chose. `invalid`: it is no password at all
// (INVALID_FIELD); `weak`: another one is needed (WEAK_PASSWORD). The texts say what to do and hold
// nothing of the password.
struct PasswordFaults {
  std::vector<std::string> invalid;
  std::vector<std::string> weak;
  bool empty() const { return invalid.empty() && weak.empty(); }
};
PasswordFaults FaultsOfNewPassword(std::string_view password);

// Whether the hash would see all of it. What is not hashable matches no account.
bool IsHashable(std::string_view password);

}  // namespace tokenforge::users
