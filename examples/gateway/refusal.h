// What the façade answers when it says no, as HTTP says it.
//
// Programs decide by the reason (tokenforge/errors/v1/reason.proto), never by the message, which is
// for people. Both are written so that anybody may read them: no secret is in them, nor whether an
// account exists.
#pragma once

#include <grpcpp/support/status.h>
#include <httplib.h>

#include <string>

namespace gateway {

struct Refusal {
  int http_status = 500;
  std::string reason;   // of google.rpc.ErrorInfo; empty when the answer is not TokenForge's
  std::string message;  // for people
  int retry_after_seconds = 0;  // of google.rpc.RetryInfo, rounded up; 0: it says nothing
};

Refusal RefusalOf(const grpc::Status& status);

// Writes it as `reason: message`, with Retry-After.
void Refuse(httplib::Response& response, const Refusal& refusal);

}  // namespace gateway
