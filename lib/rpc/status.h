// The one door between absl::Status inside the suite and grpc::Status on the wire.
//
// Why one: code, reason and details then agree everywhere, and nothing that was not meant for a
// caller leaves a process. Pure but for one log line; thread-safe.
#pragma once

#include <string_view>

#include "absl/status/status.h"

namespace grpc {
class Status;
}

namespace tokenforge::telemetry {
struct TraceContext;
}

namespace tokenforge::rpc {

// What a caller is told: code, message and, in `grpc-status-details-bin`, google.rpc.ErrorInfo,
// BadRequest and RetryInfo. An error without a reason of ours (lib/errors) was never meant for a
// caller: it becomes INTERNAL INTERNAL_FAULT with a general text, and its own text goes to the log
// only.
grpc::Status ToGrpc(const absl::Status& status);

// The same status with google.rpc.RequestInfo among its details: request ID and trace ID, for
// whoever asks the operators about it. A status without a reason of ours stays as it is: its
// details are somebody else's.
grpc::Status WithRequestInfo(const grpc::Status& status, const telemetry::TraceContext& trace);

// What a server said, with reason, field faults and retry delay restored. A status without a reason
// of ours, as the transport or a foreign server makes it, becomes DEPENDENCY_DOWN (UNAVAILABLE,
// CANCELLED by the other side), DEADLINE_PASSED (DEADLINE_EXCEEDED), NOT_BUILT (UNIMPLEMENTED) or
// INTERNAL_FAULT, naming `peer`; its text is kept, for the log. A reason never changes its code:
// one that comes with another code is INTERNAL_FAULT.
absl::Status FromGrpc(const grpc::Status& status, std::string_view peer = "the server");

// Whether an error of FromGrpc is that of a call that was cancelled: by our own caller, who went
// away, or by the server. Its reason is DEPENDENCY_DOWN, which to a caller it is; who counts what a
// caller did must tell the two apart.
bool WasCancelled(const absl::Status& status);

}  // namespace tokenforge::rpc
