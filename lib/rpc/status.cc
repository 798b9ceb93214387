#include "lib/rpc/status.h"

#include <grpcpp/support/status.h>

#include <array>
#include <string>

#include "absl/strings/cord.h"
#include "absl/strings/str_cat.h"
#include "lib/errors/errors.h"
#include "lib/telemetry/log.h"
#include "lib/telemetry/trace.h"
#include "tokenforge/errors/v1/details.pb.h"

namespace tokenforge::rpc {
namespace {

namespace reasons = errors::reasons;
using errors::v1::RpcStatus;

constexpr std::string_view kRequestInfoUrl = "type.googleapis.com/google.rpc.RequestInfo";
constexpr std::array kUrls = {errors::kErrorInfoUrl, errors::kBadRequestUrl, errors::kRetryInfoUrl};

// Trailers over the receiver's limit (8 KiB by default) are lost with the whole answer. The message
// travels twice, and details in base64.
constexpr size_t kMaxMessage = 1024;
constexpr size_t kMaxFaults = 2048;
constexpr std::chrono::milliseconds kRetryTransport{1000};

// Of this process alone: ToGrpc does not send it.
constexpr std::string_view kCancelledUrl = "tokenforge/cancelled";

absl::string_view Abseil(std::string_view text) { return {text.data(), text.size()}; }

std::string Shortened(std::string_view text, size_t limit) {
  if (text.size() <= limit) return std::string(text);
  while (limit > 0 && (static_cast<unsigned char>(text[limit]) & 0xC0) == 0x80) --limit;
  return absl::StrCat(Abseil(text.substr(0, limit)), "…");
}

std::string BoundedFaults(const absl::Status& status, const std::string& payload) {
  if (payload.size() <= kMaxFaults) return payload;
  errors::v1::BadRequest bounded;
  size_t left = kMaxFaults;
  for (const errors::FieldFault& fault : errors::FaultsOf(status)) {
    const size_t size = fault.field.size() + fault.description.size() + 8;
    if (size > left) break;
    left -= size;
    auto* violation = bounded.add_field_violations();
    violation->set_field(fault.field);
    violation->set_description(fault.description);
  }
  return bounded.SerializeAsString();
}

std::string DetailsOf(const absl::Status& status, const std::string& message) {
  RpcStatus details;
  details.set_code(static_cast<int>(status.code()));
  details.set_message(message);
  for (const std::string_view url : kUrls) {
    const auto payload = status.GetPayload(Abseil(url));
    if (!payload) continue;
    auto* any = details.add_details();
    any->set_type_url(std::string(url));
    const std::string bytes(*payload);
    any->set_value(url == errors::kBadRequestUrl ? BoundedFaults(status, bytes) : bytes);
  }
  return details.SerializeAsString();
}

// The status as a server of ours made it, or one without a reason.
absl::Status Restored(const grpc::Status& status) {
  absl::Status restored(static_cast<absl::StatusCode>(status.error_code()),
                        Abseil(status.error_message()));
  RpcStatus details;
  if (!details.ParseFromString(status.error_details())) return restored;
  for (const auto& any : details.details()) {
    for (const std::string_view url : kUrls) {
      if (any.type_url() == url) restored.SetPayload(Abseil(url), absl::Cord(any.value()));
    }
  }
  return restored;
}

absl::Status Foreign(const grpc::Status& status, std::string_view peer) {
  const std::string name(peer);
  telemetry::Log(telemetry::Level::kWarning, "call failed without a reason",
                 {{"peer", peer},
                  {"grpc_code", static_cast<int>(status.error_code())},
                  {"detail", std::string_view(status.error_message())}});
  switch (status.error_code()) {
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::CANCELLED: {
      absl::Status down = errors::MakeRetryable(
          reasons::DEPENDENCY_DOWN, name + " cannot be reached now; try again", kRetryTransport);
      if (status.error_code() == grpc::StatusCode::CANCELLED) {
        down.SetPayload(Abseil(kCancelledUrl), absl::Cord());
      }
      return down;
    }
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return errors::Make(reasons::DEADLINE_PASSED, name + " did not answer in time; try again");
    default:
      return errors::Make(reasons::INTERNAL_FAULT,
                          name + " failed; the logs of this request say more");
  }
}

}  // namespace

grpc::Status ToGrpc(const absl::Status& status) {
  if (status.ok()) return grpc::Status::OK;
  if (!errors::ReasonOf(status)) {
    telemetry::Log(telemetry::Level::kError, "error without a public reason",
                   {{"detail", status.ToString()}});
    return ToGrpc(errors::Make(reasons::INTERNAL_FAULT,
                               "an internal fault; the log line of this request says more"));
  }
  const std::string message =
      Shortened({status.message().data(), status.message().size()}, kMaxMessage);
  return grpc::Status(static_cast<grpc::StatusCode>(status.code()), message,
                      DetailsOf(status, message));
}

grpc::Status WithRequestInfo(const grpc::Status& status, const telemetry::TraceContext& trace) {
  if (status.ok() || !errors::ReasonOf(Restored(status))) return status;
  errors::v1::RequestInfo info;
  info.set_request_id(trace.request_id);
  info.set_serving_data(trace.TraceIdHex());
  RpcStatus more;  // a repeated field that is appended to another is one repeated field
  auto* const any = more.add_details();
  any->set_type_url(std::string(kRequestInfoUrl));
  any->set_value(info.SerializeAsString());
  return grpc::Status(status.error_code(), status.error_message(),
                      status.error_details() + more.SerializeAsString());
}

absl::Status FromGrpc(const grpc::Status& status, std::string_view peer) {
  if (status.ok()) return absl::OkStatus();
  const absl::Status restored = Restored(status);
  const auto reason = errors::ReasonOf(restored);
  if (reason && errors::CodeOf(*reason) == restored.code()) return restored;
  return Foreign(status, peer);
}

bool WasCancelled(const absl::Status& status) {
  return status.GetPayload(Abseil(kCancelledUrl)).has_value();
}

}  // namespace tokenforge::rpc
