#include "services/auth/validation.h"

#include <algorithm>
#include <string>
#include <vector>

#include "lib/email/canonical_email.h"
#include "lib/errors/errors.h"
#include "lib/uuid/uuid.h"
#include "services/auth/ip_address.h"
#include "tokenforge/auth/v1/auth.pb.h"

namespace tokenforge::auth {
namespace {

constexpr size_t kMinPasswordCodePoints = 8;
constexpr size_t kMaxPasswordBytes = 1024;  // that of the hash may be less: users knows
constexpr size_t kMaxLoginPasswordBytes = 4096;
constexpr size_t kMaxNameCodePoints = 100;
constexpr size_t kMaxUserAgentCodePoints = 400;
constexpr size_t kMaxRefreshTokenBytes = 1024;
constexpr size_t kMaxPageTokenBytes = 1024;
constexpr size_t kMaxMailedTokenBytes = 256;

using Faults = std::vector<errors::FieldFault>;

// Protobuf refuses strings that are not UTF-8 before a handler runs, so counting lead bytes counts
// code points.
size_t CodePoints(std::string_view text) {
  return static_cast<size_t>(
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; }));
}

bool HasControlCharacter(std::string_view text) {
  return std::any_of(text.begin(), text.end(),
                     [](unsigned char c) { return c < 0x20 || c == 0x7F; });
}

void CheckEmail(std::string_view text, Faults& faults) {
  const auto parsed = email::CanonicalEmail::Parse(text);
  for (errors::FieldFault& fault : errors::FaultsOf(parsed.status())) {
    faults.push_back(std::move(fault));
  }
}

void CheckText(std::string_view field, std::string_view text, size_t limit, Faults& faults) {
  if (CodePoints(text) > limit) {
    faults.push_back(
        {std::string(field), "must be at most " + std::to_string(limit) + " characters long"});
  }
  if (HasControlCharacter(text)) {
    faults.push_back({std::string(field), "must not contain control characters"});
  }
}

void CheckDevice(const v1::Device& device, Faults& faults) {
  CheckText("device.name", device.name(), kMaxNameCodePoints, faults);
  CheckText("device.user_agent", device.user_agent(), kMaxUserAgentCodePoints, faults);
  if (!device.ip_address().empty() && !IpAddress::Parse(device.ip_address())) {
    faults.push_back({"device.ip_address", "must be a textual IPv4 or IPv6 address"});
  }
}

// What is wrong with a new password; strength is a reason of its own.
void CheckNewPassword(const std::string& field, std::string_view password, Faults& faults,
                      Faults& weak) {
  if (password.find('\0') != std::string_view::npos) {
    faults.push_back({field, "must not contain a NUL character"});
  } else if (CodePoints(password) < kMinPasswordCodePoints) {
    weak.push_back({field, "must be at least 8 characters long"});
  } else if (password.size() > kMaxPasswordBytes) {
    weak.push_back({field, "must be at most 1024 bytes long"});
  }
}

void CheckPresentPassword(const std::string& field, std::string_view password, Faults& faults) {
  if (password.empty()) {
    faults.push_back({field, "is required"});
  } else if (password.size() > kMaxLoginPasswordBytes) {
    // What no account can have; so long a one is refused before anything reads it.
    faults.push_back({field, "must be at most 4096 bytes long"});
  }
}

void CheckMailedToken(std::string_view token, Faults& faults) {
  if (token.empty()) {
    faults.push_back({"token", "is required"});
  } else if (token.size() > kMaxMailedTokenBytes) {
    faults.push_back({"token", "must be at most 256 bytes long"});
  }
}

// WEAK_PASSWORD when strength is all that is wrong.
absl::Status InvalidOrWeak(Faults faults, const Faults& weak) {
  if (faults.empty()) return errors::InvalidFields(weak, errors::reasons::WEAK_PASSWORD);
  faults.insert(faults.end(), weak.begin(), weak.end());
  return errors::InvalidFields(faults);
}

}  // namespace

absl::Status Validate(const v1::RegisterRequest& request) {
  Faults faults;
  Faults weak;
  CheckEmail(request.email(), faults);
  CheckNewPassword("password", request.password(), faults, weak);
  CheckText("given_name", request.given_name(), kMaxNameCodePoints, faults);
  CheckText("family_name", request.family_name(), kMaxNameCodePoints, faults);
  CheckDevice(request.device(), faults);
  return InvalidOrWeak(std::move(faults), weak);
}

absl::Status Validate(const v1::LoginRequest& request) {
  Faults faults;
  CheckEmail(request.email(), faults);
  CheckPresentPassword("password", request.password(), faults);
  CheckDevice(request.device(), faults);
  return errors::InvalidFields(faults);
}

absl::Status Validate(const v1::RefreshRequest& request) {
  Faults faults;
  if (request.refresh_token().empty()) {
    faults.push_back({"refresh_token", "is required"});
  } else if (request.refresh_token().size() > kMaxRefreshTokenBytes) {
    faults.push_back({"refresh_token", "must be at most 1024 bytes long"});
  }
  CheckDevice(request.device(), faults);
  return errors::InvalidFields(faults);
}

absl::Status Validate(const v1::ListSessionsRequest& request) {
  Faults faults;
  if (request.page_size() < 0) faults.push_back({"page_size", "must not be negative"});
  if (request.page_token().size() > kMaxPageTokenBytes) {
    faults.push_back({"page_token", "must be one from a previous answer"});
  }
  return errors::InvalidFields(faults);
}

absl::Status Validate(const v1::RevokeSessionRequest& request) {
  if (uuid::IsCanonical(request.session_id())) return absl::OkStatus();
  return errors::InvalidFields({{"session_id", "must be a lower-case UUID"}});
}

absl::Status Validate(const v1::ChangePasswordRequest& request) {
  Faults faults;
  Faults weak;
  CheckPresentPassword("current_password", request.current_password(), faults);
  CheckNewPassword("new_password", request.new_password(), faults, weak);
  return InvalidOrWeak(std::move(faults), weak);
}

absl::Status Validate(const v1::ResetPasswordRequest& request) {
  Faults faults;
  Faults weak;
  CheckMailedToken(request.token(), faults);
  CheckNewPassword("new_password", request.new_password(), faults, weak);
  return InvalidOrWeak(std::move(faults), weak);
}

absl::Status Validate(const v1::VerifyEmailRequest& request) {
  Faults faults;
  CheckMailedToken(request.token(), faults);
  return errors::InvalidFields(faults);
}

}  // namespace tokenforge::auth
