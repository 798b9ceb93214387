// The audit log of the users service, as the façade calls it.
//
// Errors are those of rpc::FromGrpc, untranslated (see outward.h). Thread-safe. References given to
// a function are read before it returns.
#pragma once

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/rpc/downstream.h"
#include "lib/rpc/server_call.h"
#include "tokenforge/auth/v1/admin.pb.h"
#include "tokenforge/users/v1/users.grpc.pb.h"

namespace tokenforge::auth {

class AuditClient {
 public:
  explicit AuditClient(const rpc::Upstream& upstream);

  // Never retried by the channel: a repetition writes the event twice.
  async::Task<absl::StatusOr<users::v1::RecordAuditEventResponse>> Record(
      const rpc::ServerCall& call, const users::v1::AuditEvent& event);
  async::Task<absl::StatusOr<users::v1::ListAuditEventsResponse>> List(
      const rpc::ServerCall& call, const v1::ListAuditEventsRequest& request);

 private:
  rpc::Downstream<users::v1::UserService> users_;
};

// Sends one event, within seconds: what an AuditQueue does. The client outlives the task.
async::Task<absl::Status> SendAuditEvent(AuditClient& client, users::v1::AuditEvent event);

}  // namespace tokenforge::auth
