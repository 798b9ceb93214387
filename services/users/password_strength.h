// How many guesses a password would stand, estimated by libzxcvbn. Thread-safe.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace tokenforge::users {

struct PasswordStrength {
  double log10_guesses = 0;  // the power of ten
  bool from_words = false;   // the estimate found one of `words` in it
};

// `words`: what an attacker would try first, in any case; short or empty ones are left out. The
// password holds no NUL and is at most a hundred bytes: the time grows with the square of its size.
PasswordStrength StrengthOf(std::string_view password, const std::vector<std::string>& words);

}  // namespace tokenforge::users
