#include "refusal.h"

#include <tokenforge/errors/v1/details.pb.h>

namespace gateway {
namespace {

namespace errors = tokenforge::errors::v1;

int HttpStatusOf(grpc::StatusCode code) {
  switch (code) {
    case grpc::StatusCode::INVALID_ARGUMENT:
    case grpc::StatusCode::FAILED_PRECONDITION:
      return 400;
    case grpc::StatusCode::UNAUTHENTICATED:
      return 401;
    case grpc::StatusCode::PERMISSION_DENIED:
      return 403;
    case grpc::StatusCode::NOT_FOUND:
      return 404;
    case grpc::StatusCode::ALREADY_EXISTS:
      return 409;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      return 429;
    case grpc::StatusCode::UNAVAILABLE:
      return 503;
    case grpc::StatusCode::DEADLINE_EXCEEDED:
      return 504;
    default:
      return 500;
  }
}

// The details have the form of google.rpc's, and are read with messages that the package brings
// along: registering google.rpc's own a second time would end a process that has them already.
template <class Detail>
bool Read(const google::protobuf::Any& any, const char* name, Detail* detail) {
  return any.type_url() == std::string("type.googleapis.com/google.rpc.") + name &&
         detail->ParseFromString(any.value());
}

}  // namespace

Refusal RefusalOf(const grpc::Status& status) {
  Refusal refusal;
  refusal.http_status = HttpStatusOf(status.error_code());
  errors::RpcStatus details;
  if (!details.ParseFromString(status.error_details())) details.Clear();
  for (const google::protobuf::Any& any : details.details()) {
    errors::ErrorInfo info;
    errors::RetryInfo retry;
    if (Read(any, "ErrorInfo", &info) && info.domain() == "tokenforge") {
      refusal.reason = info.reason();
      refusal.message = status.error_message();
    } else if (Read(any, "RetryInfo", &retry)) {
      const auto& delay = retry.retry_delay();
      refusal.retry_after_seconds = static_cast<int>(delay.seconds() + (delay.nanos() > 0 ? 1 : 0));
    }
  }
  // What gRPC itself says (addresses, TLS) is for the operators' log, not for whoever asks.
  if (refusal.reason.empty()) {
    refusal.message = refusal.http_status == 401 ? "log in" : "this did not work; try again";
  }
  return refusal;
}

void Refuse(httplib::Response& response, const Refusal& refusal) {
  response.status = refusal.http_status;
  if (refusal.retry_after_seconds > 0) {
    response.set_header("Retry-After", std::to_string(refusal.retry_after_seconds));
  }
  const std::string reason = refusal.reason.empty() ? "" : refusal.reason + ": ";
  response.set_content(reason + refusal.message + "\n", "text/plain; charset=utf-8");
}

}  // namespace gateway
