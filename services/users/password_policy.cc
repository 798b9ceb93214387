#include "services/users/password_policy.h"

#include <optional>

#include "services/users/text.h"

namespace tokenforge::users {

PasswordFaults FaultsOfNewPassword(std::string_view password) {
  PasswordFaults faults;
  if (password.empty()) {
    faults.invalid.push_back("is required");
    return faults;
  }
  if (password.find('\0') != std::string_view::npos) {
    faults.invalid.push_back("holds a NUL character; choose one without");
  }
  const std::optional<std::size_t> code_points = CountCodePoints(password);
  if (!code_points) {
    faults.invalid.push_back("is not valid UTF-8");
  } else if (*code_points < kMinPasswordCodePoints) {
    faults.weak.push_back("is too short; choose one of at least 8 characters");
  }
  if (password.size() > kMaxPasswordBytes) {
    faults.weak.push_back(
        "is too long; choose one of at most 72 bytes (72 letters and digits of ASCII, fewer of "
        "other characters)");
  }
  return faults;
}

bool IsHashable(std::string_view password) {
  return !password.empty() && password.size() <= kMaxPasswordBytes &&
         password.find('\0') == std::string_view::npos;
}

}  // namespace tokenforge::users
