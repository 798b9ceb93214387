#include "services/auth/activity.h"

namespace tokenforge::auth {

void Outcomes::Count(const absl::Status& status) {
  const auto count = [](std::atomic<std::uint64_t>& counter) {
    counter.fetch_add(1, std::memory_order_relaxed);
  };
  switch (status.code()) {
    case absl::StatusCode::kOk:
      return count(succeeded);
    case absl::StatusCode::kInvalidArgument:
    case absl::StatusCode::kUnauthenticated:
    case absl::StatusCode::kPermissionDenied:
    case absl::StatusCode::kResourceExhausted:
    case absl::StatusCode::kFailedPrecondition:
    case absl::StatusCode::kCancelled:
      return count(refused);
    default:
      return count(failed);
  }
}

}  // namespace tokenforge::auth
