// The keys service in memory, with real keys and real signatures. Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "lib/jose/signer.h"
#include "lib/sync/mutex.h"
#include "tests/services/auth/faults.h"
#include "tokenforge/keys/v1/keys.grpc.pb.h"

namespace tokenforge::auth::testing {

class FakeKeys final : public keys::v1::KeyService::Service {
 public:
  explicit FakeKeys(std::string issuer);

  Faults faults;

  // From now on another key signs, and only that one is published.
  void Rotate();
  std::string jwks() const;

  grpc::Status SignToken(grpc::ServerContext* context, const keys::v1::SignTokenRequest* request,
                         keys::v1::SignTokenResponse* response) override;
  grpc::Status GetJwks(grpc::ServerContext* context, const keys::v1::GetJwksRequest* request,
                       keys::v1::GetJwksResponse* response) override;

 private:
  const std::string issuer_;
  mutable sync::Mutex mutex_;
  std::unique_ptr<jose::Signer> signer_ ABSL_GUARDED_BY(mutex_);
  std::uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
};

}  // namespace tokenforge::auth::testing
