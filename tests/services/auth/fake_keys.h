// The keys service in memory, with real keys and real signatures, and what façades reported to it.
// Thread-safe.
#pragma once

#include <atomic>
#include <memory>
#include <string>
#include <vector>

#include "lib/jose/signer.h"
#include "lib/sync/mutex.h"
#include "tests/services/auth/faults.h"
#include "tokenforge/keys/v1/keys.grpc.pb.h"

namespace tokenforge::auth::testing {

class FakeKeys final : public keys::v1::KeyService::Service {
 public:
  explicit FakeKeys(std::string issuer);

  Faults faults;
  // Revocations answer with a key set that nobody can use.
  std::atomic<bool> answers_no_keys = false;

  // From now on another key signs, and only that one is published.
  void Rotate();
  // Revokes the active key without a word to the façade but through its feed, as another replica's
  // administrator would; another key signs.
  void RevokeElsewhere();
  std::string jwks() const;
  std::string kid() const;  // of the active key
  // Ends every open WatchJwks stream.
  void BreakStreams();

  // What another façade replica reports.
  void PutReport(keys::v1::GuardReport report);
  // The last report of the façade under test; an empty one when there is none.
  keys::v1::GuardReport LastReport() const;

  grpc::Status SignToken(grpc::ServerContext* context, const keys::v1::SignTokenRequest* request,
                         keys::v1::SignTokenResponse* response) override;
  grpc::Status GetJwks(grpc::ServerContext* context, const keys::v1::GetJwksRequest* request,
                       keys::v1::GetJwksResponse* response) override;
  grpc::Status WatchJwks(grpc::ServerContext* context, const keys::v1::WatchJwksRequest* request,
                         grpc::ServerWriter<keys::v1::WatchJwksResponse>* writer) override;
  grpc::Status ListKeys(grpc::ServerContext* context, const keys::v1::ListKeysRequest* request,
                        keys::v1::ListKeysResponse* response) override;
  grpc::Status RotateKey(grpc::ServerContext* context, const keys::v1::RotateKeyRequest* request,
                         keys::v1::RotateKeyResponse* response) override;
  grpc::Status RevokeKey(grpc::ServerContext* context, const keys::v1::RevokeKeyRequest* request,
                         keys::v1::RevokeKeyResponse* response) override;
  grpc::Status RevokeAllKeys(grpc::ServerContext* context,
                             const keys::v1::RevokeAllKeysRequest* request,
                             keys::v1::RevokeAllKeysResponse* response) override;
  grpc::Status ReportGuards(grpc::ServerContext* context,
                            const keys::v1::ReportGuardsRequest* request,
                            keys::v1::ReportGuardsResponse* response) override;

 private:
  void Activate() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void RevokeActive() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::string Jwks() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const std::string issuer_;
  mutable sync::Mutex mutex_;
  std::unique_ptr<jose::Signer> signer_ ABSL_GUARDED_BY(mutex_);
  std::vector<keys::v1::SigningKey> keys_ ABSL_GUARDED_BY(mutex_);  // the last one is active
  std::uint64_t version_ ABSL_GUARDED_BY(mutex_) = 0;
  int breaks_ ABSL_GUARDED_BY(mutex_) = 0;
  std::vector<keys::v1::GuardReport> others_ ABSL_GUARDED_BY(mutex_);
  keys::v1::GuardReport reported_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::auth::testing
