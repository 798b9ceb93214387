// The keys service, as the façade's flows call it.
//
// Errors are those of rpc::FromGrpc, untranslated (see outward.h). Thread-safe.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/rpc/server_call.h"
#include "tokenforge/keys/v1/keys.grpc.pb.h"

namespace tokenforge::auth {

class KeysClient {
 public:
  explicit KeysClient(const std::shared_ptr<grpc::Channel>& channel);

  // One access token of the service's default life.
  async::Task<absl::StatusOr<keys::v1::SignTokenResponse>> SignToken(
      const rpc::ServerCall& call, keys::v1::AccessTokenClaims claims);

 private:
  std::unique_ptr<keys::v1::KeyService::StubInterface> stub_;
};

}  // namespace tokenforge::auth
