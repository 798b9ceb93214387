#include "lib/rpc/downstream.h"

namespace tokenforge::rpc {
namespace {

// Errors of ours come with details; those of the transport with none.
bool WasAnswered(const grpc::Status& status) { return !status.error_details().empty(); }

}  // namespace

absl::Status SettleCall(const Upstream& upstream, breaker::Permit& permit,
                        const grpc::Status& status, clock::SteadyTime deadline) {
  breaker::Circuit& circuit = *upstream.circuit;
  absl::Status ended = FromGrpc(status, circuit.dependency());
  const bool answered = WasAnswered(status);
  if (WasCancelled(ended)) {
    permit.Settle({breaker::Verdict::kNothing});
  } else if (answered && absl::IsDeadlineExceeded(ended)) {
    // It dropped work that had waited for too long: so it is there, and busy.
    permit.Settle({breaker::Verdict::kNothing});
  } else if (answered && !upstream.counts_passed_on) {
    permit.Settle({breaker::Verdict::kGood});
  } else {
    circuit.Settle(permit, ended, deadline);
  }
  return ended;
}

}  // namespace tokenforge::rpc
