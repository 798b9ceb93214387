// KeysService: the gRPC edge of the keys service.
//
// SignToken signs on gRPC's own thread: 25 µs (EdDSA, ES256) to 700 µs (RS256) of arithmetic that
// waits for nobody. A pool would add a hop and a queue to each call and no throughput, since the
// cores are the bound; what limits work at once is max-concurrent-streams. Making keys takes long
// and happens in KeyKeeper, never here. Keeper and clock outlive it. Thread-safe.
#pragma once

#include "lib/clock/clock.h"
#include "services/keys/key_keeper.h"
#include "services/keys/token_request.h"
#include "tokenforge/keys/v1/keys.grpc.pb.h"

namespace tokenforge::keys {

class KeysService final : public v1::KeyService::CallbackService {
 public:
  KeysService(const KeyKeeper& keeper, const clock::Clock& clock, TokenPolicy policy)
      : keeper_(keeper), clock_(clock), policy_(std::move(policy)) {}

  grpc::ServerUnaryReactor* SignToken(grpc::CallbackServerContext* context,
                                      const v1::SignTokenRequest* request,
                                      v1::SignTokenResponse* response) override;
  grpc::ServerUnaryReactor* GetJwks(grpc::CallbackServerContext* context,
                                    const v1::GetJwksRequest* request,
                                    v1::GetJwksResponse* response) override;
  grpc::ServerUnaryReactor* ListKeys(grpc::CallbackServerContext* context,
                                     const v1::ListKeysRequest* request,
                                     v1::ListKeysResponse* response) override;

  // Not built yet.
  grpc::ServerWriteReactor<v1::WatchJwksResponse>* WatchJwks(
      grpc::CallbackServerContext* context, const v1::WatchJwksRequest* request) override;
  grpc::ServerUnaryReactor* RotateKey(grpc::CallbackServerContext* context,
                                      const v1::RotateKeyRequest* request,
                                      v1::RotateKeyResponse* response) override;
  grpc::ServerUnaryReactor* RevokeKey(grpc::CallbackServerContext* context,
                                      const v1::RevokeKeyRequest* request,
                                      v1::RevokeKeyResponse* response) override;
  grpc::ServerUnaryReactor* RevokeAllKeys(grpc::CallbackServerContext* context,
                                          const v1::RevokeAllKeysRequest* request,
                                          v1::RevokeAllKeysResponse* response) override;

 private:
  absl::StatusOr<std::shared_ptr<const KeySet>> Keys() const;
  absl::Status Sign(const v1::SignTokenRequest& request, v1::SignTokenResponse& response) const;

  const KeyKeeper& keeper_;
  const clock::Clock& clock_;
  const TokenPolicy policy_;
};

}  // namespace tokenforge::keys
