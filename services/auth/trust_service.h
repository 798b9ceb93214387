// TrustService on the wire: what guards poll. Answered from memory.
//
// Thread-safe. Hub and clock outlive the server.
#pragma once

#include "lib/clock/clock.h"
#include "services/auth/trust_hub.h"
#include "tokenforge/auth/v1/trust.grpc.pb.h"

namespace tokenforge::auth {

class TrustService final : public v1::TrustService::CallbackService {
 public:
  TrustService(const TrustHub& hub, const clock::Clock& clock) : hub_(hub), clock_(clock) {}

  grpc::ServerUnaryReactor* GetTrust(grpc::CallbackServerContext* context,
                                     const v1::GetTrustRequest* request,
                                     v1::GetTrustResponse* response) override;

  // Declared, and not built in this version: guards poll.
  grpc::ServerBidiReactor<v1::WatchTrustRequest, v1::WatchTrustResponse>* WatchTrust(
      grpc::CallbackServerContext* context) override;

 private:
  const TrustHub& hub_;
  const clock::Clock& clock_;
};

}  // namespace tokenforge::auth
