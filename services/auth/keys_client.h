// The keys service, as the façade's flows call it.
//
// Errors are those of rpc::FromGrpc, untranslated (see outward.h). Thread-safe.
#pragma once

#include <chrono>
#include <string>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/rpc/downstream.h"
#include "lib/rpc/server_call.h"
#include "tokenforge/keys/v1/keys.grpc.pb.h"

namespace tokenforge::auth {

class KeysClient {
 public:
  explicit KeysClient(const rpc::Upstream& upstream);

  // CIRCUIT_OPEN when a call would be refused now.
  absl::Status Look() const { return keys_.Look(); }

  // One access token of the service's default life.
  async::Task<absl::StatusOr<keys::v1::SignTokenResponse>> SignToken(
      const rpc::ServerCall& call, keys::v1::AccessTokenClaims claims);

  async::Task<absl::StatusOr<keys::v1::ListKeysResponse>> ListKeys(const rpc::ServerCall& call,
                                                                   std::int32_t page_size,
                                                                   const std::string& page_token);
  async::Task<absl::StatusOr<keys::v1::RotateKeyResponse>> RotateKey(const rpc::ServerCall& call,
                                                                     const std::string& reason,
                                                                     bool force);
  async::Task<absl::StatusOr<keys::v1::RevokeKeyResponse>> RevokeKey(const rpc::ServerCall& call,
                                                                     const std::string& kid,
                                                                     const std::string& reason);
  async::Task<absl::StatusOr<keys::v1::RevokeAllKeysResponse>> RevokeAllKeys(
      const rpc::ServerCall& call, const std::string& reason);
  // Answers within `at_most`.
  async::Task<absl::StatusOr<keys::v1::ReportGuardsResponse>> ReportGuards(
      const rpc::ServerCall& call, keys::v1::GuardReport report, std::chrono::milliseconds at_most);

 private:
  rpc::Downstream<keys::v1::KeyService> keys_;
};

}  // namespace tokenforge::auth
