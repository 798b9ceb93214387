#include "services/auth/guard_requests.h"

#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "lib/errors/errors.h"
#include "tokenforge/auth/v1/trust.pb.h"

namespace tokenforge::auth {
namespace {

constexpr std::size_t kMaxCursor = 128;
constexpr std::size_t kMaxGuardId = 128;
constexpr std::size_t kMaxAudience = 256;

void Check(std::string_view field, std::string_view text, std::size_t limit,
           std::vector<errors::FieldFault>& faults) {
  if (text.size() > limit) {
    faults.push_back(
        {std::string(field), "must be at most " + std::to_string(limit) + " characters long"});
  }
  const bool printable =
      std::all_of(text.begin(), text.end(), [](unsigned char c) { return c > 0x20 && c < 0x7F; });
  if (!printable) {
    faults.push_back({std::string(field), "must be printable ASCII without blanks"});
  }
}

}  // namespace

absl::Status ValidateFirst(const v1::WatchTrustRequest& request) {
  if (!request.has_open()) {
    return errors::InvalidFields({{"open", "is required in the first message"}});
  }
  std::vector<errors::FieldFault> faults;
  Check("open.cursor", request.open().cursor(), kMaxCursor, faults);
  Check("open.guard_id", request.open().guard_id(), kMaxGuardId, faults);
  Check("open.audience", request.open().audience(), kMaxAudience, faults);
  return errors::InvalidFields(faults);
}

absl::Status ValidateLater(const v1::WatchTrustRequest& request, std::uint64_t sent_version) {
  if (request.has_open()) {
    return errors::InvalidFields({{"open", "belongs into the first message only"}});
  }
  if (request.message_case() != v1::WatchTrustRequest::kAppliedVersion) {
    return errors::InvalidFields(
        {{"applied_version", "is required in every message but the first"}});
  }
  if (request.applied_version() > sent_version) {
    return errors::InvalidFields(
        {{"applied_version", "must be the version of a message that this stream has sent"}});
  }
  return absl::OkStatus();
}

}  // namespace tokenforge::auth
