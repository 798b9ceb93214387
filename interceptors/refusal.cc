#include "interceptors/refusal.h"

#include <chrono>

namespace tokenforge::internal {

absl::Status Refusal(errors::Reason reason) {
  switch (errors::CodeOf(reason)) {
    case absl::StatusCode::kUnauthenticated:
      return errors::Make(reason, "this method needs a valid access token");
    case absl::StatusCode::kPermissionDenied:
      return errors::Make(reason, "the caller may not use this method");
    case absl::StatusCode::kUnavailable:
      return errors::MakeRetryable(reason,
                                   "access tokens cannot be verified at the moment; try again",
                                   std::chrono::seconds(1));
    default:
      return errors::Make(errors::reasons::INTERNAL_FAULT, "the call could not be checked");
  }
}

absl::Status NotServed() {
  return errors::Make(errors::reasons::NOT_BUILT, "this server does not serve the method");
}

std::string_view Challenge(const absl::Status& refusal) {
  switch (refusal.code()) {
    case absl::StatusCode::kUnauthenticated:
      return "Bearer error=\"invalid_token\"";
    case absl::StatusCode::kPermissionDenied:
      return "Bearer error=\"insufficient_scope\"";
    default:
      return {};
  }
}

}  // namespace tokenforge::internal
