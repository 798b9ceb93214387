#include "services/auth/keys_client.h"

#include <grpcpp/channel.h>

#include "lib/rpc/call.h"

namespace tokenforge::auth {

using Methods = keys::v1::KeyService::StubInterface::async_interface;

KeysClient::KeysClient(const std::shared_ptr<grpc::Channel>& channel)
    : stub_(keys::v1::KeyService::NewStub(channel)) {}

async::Task<absl::StatusOr<keys::v1::SignTokenResponse>> KeysClient::SignToken(
    const rpc::ServerCall& call, keys::v1::AccessTokenClaims claims) {
  keys::v1::SignTokenRequest query;
  *query.mutable_claims() = std::move(claims);
  return rpc::Call(*stub_, &Methods::SignToken, rpc::OutgoingContext(call), std::move(query));
}

}  // namespace tokenforge::auth
