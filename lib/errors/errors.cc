#include "lib/errors/errors.h"

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "tokenforge/errors/v1/details.pb.h"

namespace tokenforge::errors {
namespace {

// Debian's abseil has a string_view of its own.
absl::string_view Abseil(std::string_view text) { return {text.data(), text.size()}; }

template <class Message>
std::optional<Message> PayloadOf(const absl::Status& status, std::string_view url) {
  const auto payload = status.GetPayload(Abseil(url));
  Message message;
  if (!payload || !message.ParseFromString(std::string(*payload))) return std::nullopt;
  return message;
}

}  // namespace

absl::StatusCode CodeOf(Reason reason) {
  if (reason >= 1 && reason < 10) return absl::StatusCode::kInvalidArgument;
  if (reason >= 10 && reason < 20) return absl::StatusCode::kAlreadyExists;
  if (reason >= 20 && reason < 40) return absl::StatusCode::kUnauthenticated;
  if (reason >= 40 && reason < 50) return absl::StatusCode::kPermissionDenied;
  if (reason >= 50 && reason < 60) return absl::StatusCode::kResourceExhausted;
  if (reason >= 60 && reason < 70) return absl::StatusCode::kFailedPrecondition;
  if (reason >= 70 && reason < 80) return absl::StatusCode::kUnavailable;
  if (reason == reasons::NOT_FOUND) return absl::StatusCode::kNotFound;
  if (reason == reasons::NOT_BUILT) return absl::StatusCode::kUnimplemented;
  if (reason == reasons::DEADLINE_PASSED) return absl::StatusCode::kDeadlineExceeded;
  return absl::StatusCode::kInternal;
}

absl::Status Make(Reason reason, std::string_view message) {
  absl::Status status(CodeOf(reason), Abseil(message));
  v1::ErrorInfo info;
  info.set_reason(v1::Reason_Name(reason));
  info.set_domain(std::string(kDomain));
  status.SetPayload(Abseil(kErrorInfoUrl), absl::Cord(info.SerializeAsString()));
  return status;
}

absl::Status MakeRetryable(Reason reason, std::string_view message,
                           std::chrono::milliseconds after) {
  absl::Status status = Make(reason, message);
  v1::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(after.count() / 1000);
  retry.mutable_retry_delay()->set_nanos(static_cast<int>(after.count() % 1000) * 1'000'000);
  status.SetPayload(Abseil(kRetryInfoUrl), absl::Cord(retry.SerializeAsString()));
  return status;
}

absl::Status InvalidFields(const std::vector<FieldFault>& faults, Reason reason) {
  if (faults.empty()) return absl::OkStatus();
  std::string message;
  v1::BadRequest request;
  for (const FieldFault& fault : faults) {
    absl::StrAppend(&message, message.empty() ? "" : "; ", fault.field, ": ", fault.description);
    v1::BadRequest::FieldViolation* violation = request.add_field_violations();
    violation->set_field(fault.field);
    violation->set_description(fault.description);
  }
  absl::Status status = Make(reason, message);
  status.SetPayload(Abseil(kBadRequestUrl), absl::Cord(request.SerializeAsString()));
  return status;
}

std::optional<Reason> ReasonOf(const absl::Status& status) {
  const auto info = PayloadOf<v1::ErrorInfo>(status, kErrorInfoUrl);
  Reason reason;
  if (!info || info->domain() != kDomain || !v1::Reason_Parse(info->reason(), &reason)) {
    return std::nullopt;
  }
  return reason;
}

std::vector<FieldFault> FaultsOf(const absl::Status& status) {
  std::vector<FieldFault> faults;
  if (const auto request = PayloadOf<v1::BadRequest>(status, kBadRequestUrl)) {
    for (const auto& violation : request->field_violations()) {
      faults.push_back({violation.field(), violation.description()});
    }
  }
  return faults;
}

std::optional<std::chrono::milliseconds> RetryAfterOf(const absl::Status& status) {
  const auto retry = PayloadOf<v1::RetryInfo>(status, kRetryInfoUrl);
  if (!retry) return std::nullopt;
  return std::chrono::milliseconds(retry->retry_delay().seconds() * 1000 +
                                   retry->retry_delay().nanos() / 1'000'000);
}

}  // namespace tokenforge::errors
