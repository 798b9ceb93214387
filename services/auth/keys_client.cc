#include "services/auth/keys_client.h"

#include <grpcpp/channel.h>

#include "lib/rpc/call.h"

namespace tokenforge::auth {

using Methods = keys::v1::KeyService::StubInterface::async_interface;

KeysClient::KeysClient(const rpc::Upstream& upstream) : keys_(upstream) {}

async::Task<absl::StatusOr<keys::v1::SignTokenResponse>> KeysClient::SignToken(
    const rpc::ServerCall& call, keys::v1::AccessTokenClaims claims) {
  keys::v1::SignTokenRequest query;
  *query.mutable_claims() = std::move(claims);
  return rpc::Call(keys_, &Methods::SignToken, rpc::OutgoingContext(call), std::move(query));
}

async::Task<absl::StatusOr<keys::v1::ListKeysResponse>> KeysClient::ListKeys(
    const rpc::ServerCall& call, std::int32_t page_size, const std::string& page_token) {
  keys::v1::ListKeysRequest query;
  query.set_page_size(page_size);
  query.set_page_token(page_token);
  return rpc::Call(keys_, &Methods::ListKeys, rpc::OutgoingContext(call), std::move(query));
}

async::Task<absl::StatusOr<keys::v1::RotateKeyResponse>> KeysClient::RotateKey(
    const rpc::ServerCall& call, const std::string& reason, bool force) {
  keys::v1::RotateKeyRequest query;
  query.set_reason(reason);
  query.set_force(force);
  return rpc::Call(keys_, &Methods::RotateKey, rpc::OutgoingContext(call), std::move(query));
}

async::Task<absl::StatusOr<keys::v1::RevokeKeyResponse>> KeysClient::RevokeKey(
    const rpc::ServerCall& call, const std::string& kid, const std::string& reason) {
  keys::v1::RevokeKeyRequest query;
  query.set_kid(kid);
  query.set_reason(reason);
  return rpc::Call(keys_, &Methods::RevokeKey, rpc::OutgoingContext(call), std::move(query));
}

async::Task<absl::StatusOr<keys::v1::RevokeAllKeysResponse>> KeysClient::RevokeAllKeys(
    const rpc::ServerCall& call, const std::string& reason) {
  keys::v1::RevokeAllKeysRequest query;
  query.set_reason(reason);
  return rpc::Call(keys_, &Methods::RevokeAllKeys, rpc::OutgoingContext(call), std::move(query));
}

async::Task<absl::StatusOr<keys::v1::ReportGuardsResponse>> KeysClient::ReportGuards(
    const rpc::ServerCall& call, keys::v1::GuardReport report, std::chrono::milliseconds at_most) {
  keys::v1::ReportGuardsRequest query;
  *query.mutable_report() = std::move(report);
  rpc::OutgoingContext context(call);
  context.AtMost(at_most);
  return rpc::Call(keys_, &Methods::ReportGuards, std::move(context), std::move(query));
}

}  // namespace tokenforge::auth
