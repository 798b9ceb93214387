// KeysService: the gRPC edge of the keys service.
//
// SignToken signs on gRPC's own thread: 25 µs (EdDSA, ES256) to 700 µs (RS256) of arithmetic that
// waits for nobody. A pool would add a hop and a queue to each call and no throughput, since the
// cores are the bound; what limits work at once is max-concurrent-streams. What makes keys or waits
// for the store in order to change them (RotateKey, RevokeKey, RevokeAllKeys) blocks, and runs on
// the pool. What each method does, refuses and repeats stands in keys.proto. Thread-safe.
#pragma once

#include <functional>

#include "lib/clock/clock.h"
#include "services/keys/guard_report_store.h"
#include "services/keys/jwks_feed.h"
#include "services/keys/key_cycle.h"
#include "services/keys/token_request.h"
#include "tokenforge/keys/v1/keys.grpc.pb.h"

namespace tokenforge::workers {
class Pool;
}

namespace tokenforge::keys {

class KeysService final : public v1::KeyService::CallbackService {
 public:
  // All outlive the server.
  struct Parts {
    const KeyKeeper* keeper;
    KeyCycle* cycle;
    JwksFeed* feed;
    GuardReportStore* reports;
    workers::Pool* pool;  // one thread is enough: changes of keys come one at a time
    const clock::Clock* clock;
    std::function<void()> on_report;  // a report was stored: a rotation may have waited for it
  };

  KeysService(Parts parts, TokenPolicy policy)
      : parts_(std::move(parts)), policy_(std::move(policy)) {}

  grpc::ServerUnaryReactor* SignToken(grpc::CallbackServerContext* context,
                                      const v1::SignTokenRequest* request,
                                      v1::SignTokenResponse* response) override;
  grpc::ServerUnaryReactor* GetJwks(grpc::CallbackServerContext* context,
                                    const v1::GetJwksRequest* request,
                                    v1::GetJwksResponse* response) override;
  grpc::ServerWriteReactor<v1::WatchJwksResponse>* WatchJwks(
      grpc::CallbackServerContext* context, const v1::WatchJwksRequest* request) override;
  grpc::ServerUnaryReactor* ListKeys(grpc::CallbackServerContext* context,
                                     const v1::ListKeysRequest* request,
                                     v1::ListKeysResponse* response) override;
  grpc::ServerUnaryReactor* RotateKey(grpc::CallbackServerContext* context,
                                      const v1::RotateKeyRequest* request,
                                      v1::RotateKeyResponse* response) override;
  grpc::ServerUnaryReactor* RevokeKey(grpc::CallbackServerContext* context,
                                      const v1::RevokeKeyRequest* request,
                                      v1::RevokeKeyResponse* response) override;
  grpc::ServerUnaryReactor* RevokeAllKeys(grpc::CallbackServerContext* context,
                                          const v1::RevokeAllKeysRequest* request,
                                          v1::RevokeAllKeysResponse* response) override;
  grpc::ServerUnaryReactor* ReportGuards(grpc::CallbackServerContext* context,
                                         const v1::ReportGuardsRequest* request,
                                         v1::ReportGuardsResponse* response) override;

 private:
  absl::StatusOr<std::shared_ptr<const KeySet>> Keys() const;
  absl::Status Sign(const v1::SignTokenRequest& request, v1::SignTokenResponse& response) const;

  const Parts parts_;
  const TokenPolicy policy_;
};

}  // namespace tokenforge::keys
