// admin_validation.h, as far as it is about accounts.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "lib/email/canonical_email.h"
#include "lib/errors/errors.h"
#include "lib/uuid/uuid.h"
#include "services/auth/admin_validation.h"
#include "tokenforge/auth/v1/admin.pb.h"

namespace tokenforge::auth {
namespace {

constexpr std::ptrdiff_t kMaxReason = 200;
constexpr std::ptrdiff_t kMaxName = 100;
constexpr std::size_t kMaxPageTokenBytes = 1024;

using Faults = std::vector<errors::FieldFault>;

void CheckUserId(std::string_view user_id, Faults& faults) {
  if (!uuid::IsCanonical(user_id)) faults.push_back({"user_id", "must be a lower-case UUID"});
}

// Protobuf has refused what is not UTF-8 before.
void CheckText(const char* field, std::string_view text, std::ptrdiff_t limit, Faults& faults) {
  const auto code_points =
      std::count_if(text.begin(), text.end(), [](unsigned char c) { return (c & 0xC0) != 0x80; });
  if (code_points > limit) {
    faults.push_back({field, "must be at most " + std::to_string(limit) + " characters long"});
  }
  const bool controls =
      std::any_of(text.begin(), text.end(), [](unsigned char c) { return c < 0x20 || c == 0x7F; });
  if (controls) faults.push_back({field, "must not contain control characters"});
}

void CheckPage(int page_size, std::string_view page_token, Faults& faults) {
  if (page_size < 0) faults.push_back({"page_size", "must not be negative"});
  if (page_token.size() > kMaxPageTokenBytes) {
    faults.push_back({"page_token", "must be one from a previous answer"});
  }
}

template <class Request>
absl::Status CheckTarget(const Request& request) {
  Faults faults;
  CheckUserId(request.user_id(), faults);
  CheckText("reason", request.reason(), kMaxReason, faults);
  return errors::InvalidFields(faults);
}

}  // namespace

absl::Status Validate(const v1::GetUserRequest& request) {
  Faults faults;
  switch (request.who_case()) {
    case v1::GetUserRequest::kUserId:
      CheckUserId(request.user_id(), faults);
      break;
    case v1::GetUserRequest::kEmail:
      return email::CanonicalEmail::Parse(request.email()).status();
    case v1::GetUserRequest::WHO_NOT_SET:
      faults.push_back({"who", "must be a user_id or an email"});
      break;
  }
  return errors::InvalidFields(faults);
}

absl::Status Validate(const v1::ListUsersRequest& request) {
  Faults faults;
  CheckPage(request.page_size(), request.page_token(), faults);
  const std::string& prefix = request.email_prefix();
  const bool visible =
      std::all_of(prefix.begin(), prefix.end(), [](char c) { return c > ' ' && c < '\x7F'; });
  if (prefix.size() > email::CanonicalEmail::kMaxBytes || !visible) {
    faults.push_back({"email_prefix", "is nothing that an email begins with"});
  }
  return errors::InvalidFields(faults);
}

absl::Status Validate(const v1::DisableUserRequest& request) { return CheckTarget(request); }
absl::Status Validate(const v1::EnableUserRequest& request) { return CheckTarget(request); }
absl::Status Validate(const v1::DeleteUserRequest& request) { return CheckTarget(request); }
absl::Status Validate(const v1::RevokeUserSessionsRequest& request) { return CheckTarget(request); }

absl::Status Validate(const v1::UnlockUserRequest& request) {
  Faults faults;
  CheckUserId(request.user_id(), faults);
  return errors::InvalidFields(faults);
}

absl::Status Validate(const v1::ListUserSessionsRequest& request) {
  Faults faults;
  CheckUserId(request.user_id(), faults);
  CheckPage(request.page_size(), request.page_token(), faults);
  return errors::InvalidFields(faults);
}

absl::Status Validate(const v1::UpdateProfileRequest& request) {
  Faults faults;
  const auto& paths = request.update_mask().paths();
  const bool known = std::all_of(paths.begin(), paths.end(), [](const std::string& path) {
    return path == "given_name" || path == "family_name";
  });
  if (paths.empty() || !known) {
    faults.push_back({"update_mask", "must name given_name, family_name, or both"});
  }
  CheckText("given_name", request.given_name(), kMaxName, faults);
  CheckText("family_name", request.family_name(), kMaxName, faults);
  return errors::InvalidFields(faults);
}

}  // namespace tokenforge::auth
