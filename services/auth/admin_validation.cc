#include "services/auth/admin_validation.h"

#include <algorithm>
#include <string_view>
#include <vector>

#include "lib/errors/errors.h"
#include "tokenforge/auth/v1/admin.pb.h"

namespace tokenforge::auth {
namespace {

constexpr std::ptrdiff_t kMaxReason = 200;
constexpr std::size_t kMaxKid = 64;
constexpr std::size_t kMaxPageTokenBytes = 1024;

using Faults = std::vector<errors::FieldFault>;

void CheckReason(std::string_view reason, Faults& faults) {
  const auto code_points = std::count_if(reason.begin(), reason.end(),
                                         [](unsigned char c) { return (c & 0xC0) != 0x80; });
  if (code_points > kMaxReason) faults.push_back({"reason", "must be at most 200 characters long"});
  const bool controls = std::any_of(reason.begin(), reason.end(),
                                    [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (controls) faults.push_back({"reason", "must not contain control characters"});
}

bool IsKid(std::string_view text) {
  return !text.empty() && text.size() <= kMaxKid &&
         std::all_of(text.begin(), text.end(), [](unsigned char c) {
           return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') ||
                  c == '-' || c == '_';
         });
}

}  // namespace

absl::Status Validate(const v1::ListSigningKeysRequest& request) {
  Faults faults;
  if (request.page_size() < 0) faults.push_back({"page_size", "must not be negative"});
  if (request.page_token().size() > kMaxPageTokenBytes) {
    faults.push_back({"page_token", "must be one from a previous answer"});
  }
  return errors::InvalidFields(faults);
}

absl::Status Validate(const v1::RotateSigningKeyRequest& request) {
  Faults faults;
  CheckReason(request.reason(), faults);
  return errors::InvalidFields(faults);
}

absl::Status Validate(const v1::RevokeSigningKeyRequest& request) {
  Faults faults;
  if (!IsKid(request.kid())) faults.push_back({"kid", "must be the ID of a signing key"});
  CheckReason(request.reason(), faults);
  return errors::InvalidFields(faults);
}

absl::Status Validate(const v1::RevokeAllSigningKeysRequest& request) {
  Faults faults;
  CheckReason(request.reason(), faults);
  return errors::InvalidFields(faults);
}

}  // namespace tokenforge::auth
