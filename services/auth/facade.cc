#include "services/auth/facade.h"

#include "absl/strings/ascii.h"
#include "lib/errors/errors.h"

namespace tokenforge::auth {

absl::Status Reachable(const Facade& facade) {
  for (const absl::Status& look :
       {facade.users.Look(), facade.sessions.Look(), facade.keys.Look()}) {
    if (!look.ok()) return look;
  }
  return absl::OkStatus();
}

absl::Status Counted(const telemetry::CounterFamily& family, Outcomes& outcomes,
                     absl::Status status) {
  outcomes.Count(status);
  std::string result = "ok";
  if (!status.ok()) {
    const errors::Reason reason =
        errors::ReasonOf(status).value_or(errors::reasons::INTERNAL_FAULT);
    result = absl::AsciiStrToLower(errors::reasons::Reason_Name(reason));
  }
  family.With({result}).Increment();
  return status;
}

}  // namespace tokenforge::auth
