#include "services/auth/factor_validation.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "lib/errors/errors.h"
#include "tokenforge/auth/v1/auth.pb.h"

namespace tokenforge::auth {
namespace {

constexpr std::size_t kTotpDigits = 6;
constexpr std::size_t kMaxChallengeBytes = 256;
constexpr std::size_t kMaxRecoveryBytes = 64;  // four groups, and whatever stands between them
constexpr std::size_t kMaxPasswordBytes = 4096;

using Faults = std::vector<errors::FieldFault>;

void CheckDigits(const char* field, std::string_view code, Faults& faults) {
  const bool digits =
      std::all_of(code.begin(), code.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (code.size() != kTotpDigits || !digits) faults.push_back({field, "must be six digits"});
}

}  // namespace

absl::Status Validate(const v1::CompleteLoginRequest& request) {
  Faults faults;
  if (request.challenge().empty()) {
    faults.push_back({"challenge", "is required"});
  } else if (request.challenge().size() > kMaxChallengeBytes) {
    faults.push_back({"challenge", "must be the one that Login gave"});
  }
  switch (request.factor_case()) {
    case v1::CompleteLoginRequest::kTotpCode:
      CheckDigits("totp_code", request.totp_code(), faults);
      break;
    case v1::CompleteLoginRequest::kRecoveryCode:
      if (request.recovery_code().empty() || request.recovery_code().size() > kMaxRecoveryBytes) {
        faults.push_back({"recovery_code", "must be one of those that ConfirmTotp gave"});
      }
      break;
    case v1::CompleteLoginRequest::FACTOR_NOT_SET:
      faults.push_back({"factor", "is required: totp_code or recovery_code"});
  }
  return errors::InvalidFields(faults);
}

absl::Status Validate(const v1::ConfirmTotpRequest& request) {
  Faults faults;
  CheckDigits("code", request.code(), faults);
  return errors::InvalidFields(faults);
}

absl::Status Validate(const v1::DisableTotpRequest& request) {
  if (request.password().empty()) return errors::InvalidFields({{"password", "is required"}});
  if (request.password().size() <= kMaxPasswordBytes) return absl::OkStatus();
  return errors::InvalidFields({{"password", "must be at most 4096 bytes long"}});
}

}  // namespace tokenforge::auth
