// What went wrong, as values: an absl::Status that carries a public Reason, field faults and a retry delay.
//
// Rules and stores return these; one place per process (lib/rpc/status.h) turns them into gRPC statuses.
// Nothing here knows gRPC. Messages say what to do, and never hold a secret or tell whether an account exists.
// All functions are pure and thread-safe.
#pragma once

#include <chrono>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "tokenforge/errors/v1/reason.pb.h"

namespace tokenforge::errors {

namespace reasons = ::tokenforge::errors::v1;  // reasons::INVALID_FIELD, …
using Reason = ::tokenforge::errors::v1::Reason;

// One thing wrong with a request: a field's path in the message, and what to do about it.
struct FieldFault {
  std::string field;
  std::string description;
};

// The code that a reason comes with (contract, section 3).
absl::StatusCode CodeOf(Reason reason);

// An error with this reason; its code follows from the reason.
absl::Status Make(Reason reason, std::string_view message);

// The same, telling the caller when to come back (google.rpc.RetryInfo).
absl::Status MakeRetryable(Reason reason, std::string_view message, std::chrono::milliseconds after);

// INVALID_ARGUMENT with every fault of the request at once; OK when there is none. `reason` is INVALID_FIELD
// or WEAK_PASSWORD.
absl::Status InvalidFields(const std::vector<FieldFault>& faults,
                           Reason reason = reasons::INVALID_FIELD);

// What an error of ours carries. An error of another origin has no reason, no faults and no delay.
std::optional<Reason> ReasonOf(const absl::Status& status);
std::vector<FieldFault> FaultsOf(const absl::Status& status);
std::optional<std::chrono::milliseconds> RetryAfterOf(const absl::Status& status);

// The serialised google.rpc details of an error, as payload type URL and bytes; for lib/rpc only.
inline constexpr std::string_view kErrorInfoUrl = "type.googleapis.com/google.rpc.ErrorInfo";
inline constexpr std::string_view kBadRequestUrl = "type.googleapis.com/google.rpc.BadRequest";
inline constexpr std::string_view kRetryInfoUrl = "type.googleapis.com/google.rpc.RetryInfo";
inline constexpr std::string_view kDomain = "tokenforge";

}  // namespace tokenforge::errors
