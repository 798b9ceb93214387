// TrustService on the wire: what guards watch, or poll. Answered from memory.
//
// Thread-safe. What the feed is made of outlives the server.
#pragma once

#include "services/auth/trust_stream.h"
#include "tokenforge/auth/v1/trust.grpc.pb.h"

namespace tokenforge::auth {

// WatchTrust is a raw method: its messages are serialised once for all streams (feed_messages.h).
using TrustServiceBase = v1::TrustService::WithRawCallbackMethod_WatchTrust<
    v1::TrustService::WithCallbackMethod_GetTrust<v1::TrustService::Service>>;

class TrustService final : public TrustServiceBase {
 public:
  explicit TrustService(const TrustFeed& feed) : feed_(feed) {}

  grpc::ServerUnaryReactor* GetTrust(grpc::CallbackServerContext* context,
                                     const v1::GetTrustRequest* request,
                                     v1::GetTrustResponse* response) override;

  grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* WatchTrust(
      grpc::CallbackServerContext* context) override;

 private:
  const TrustFeed feed_;
};

}  // namespace tokenforge::auth
