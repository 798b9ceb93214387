// What a new password must be: long enough, short enough to be read whole, and hard to guess.
//
// No rules of composition and no expiry (NIST SP 800-63B-4, 3.1.1.2; OWASP ASVS 6.2.5, 6.2.10).
// Passwords are taken exactly as sent: never trimmed, folded or cut. bcrypt reads 72 bytes and
// stops at a NUL, so what lies beyond either is refused instead of ignored.
//
// How hard a password is to guess is estimated by zxcvbn, whose built-in lists of common passwords,
// names and words are the blocklist; the owner's email and names and the words of this service
// count as the first that somebody would try. Only the first bytes are judged (the estimate takes
// more than linear time): what follows them can only make a password harder.
//
// Thread-safe. Judging costs about a millisecond at most, whatever the password's size.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tokenforge::users {

inline constexpr std::size_t kMaxBcryptPasswordBytes = 72;  // what bcrypt reads
inline constexpr std::size_t kMaxPasswordBytes = 1024;      // what any other hash is given
inline constexpr std::size_t kJudgedPasswordBytes = 64;

struct PasswordRules {
  std::size_t min_code_points = 8;
  std::size_t max_bytes = kMaxBcryptPasswordBytes;  // HashPolicy::MaxPasswordBytes
  // Ten to the power of this many guesses; 0 takes anything. zxcvbn's lists hold some 10^4.5
  // passwords, names and words each: five refuses every single one, and its usual disguises.
  int min_guesses_log10 = 5;
  // Words that somebody would try at this service, such as its name.
  std::vector<std::string> words = {"tokenforge"};
};

// Whose password it is to be, as they came; empty where it is not known.
struct PasswordOwner {
  std::string_view email = {};
  std::string_view given_name = {};
  std::string_view family_name = {};
};

// What is wrong with a password that somebody chose. `invalid`: it is no password at all
// (INVALID_FIELD); `weak`: another one is needed (WEAK_PASSWORD). The texts say what to do and hold
// nothing of the password.
struct PasswordFaults {
  std::vector<std::string> invalid;
  std::vector<std::string> weak;
  bool empty() const { return invalid.empty() && weak.empty(); }
};

class PasswordPolicy {
 public:
  explicit PasswordPolicy(PasswordRules rules = {}) : rules_(std::move(rules)) {}

  // Everything that is wrong with it, at once.
  PasswordFaults FaultsOfNew(std::string_view password, const PasswordOwner& owner) const;

  const PasswordRules& rules() const { return rules_; }

 private:
  std::string FaultOfLength(std::string_view password, std::size_t code_points) const;

  const PasswordRules rules_;
};

}  // namespace tokenforge::users
