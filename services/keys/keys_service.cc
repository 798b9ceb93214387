#include "services/keys/keys_service.h"

#include <grpcpp/server_context.h>

#include <utility>

#include "lib/errors/errors.h"
#include "lib/rpc/call.h"
#include "lib/rpc/not_built_stream.h"
#include "lib/uuid/uuid.h"
#include "services/keys/key_messages.h"

namespace tokenforge::keys {

absl::StatusOr<std::shared_ptr<const KeySet>> KeysService::Keys() const {
  auto keys = keeper_.Current();
  if (keys == nullptr) {
    return errors::MakeRetryable(errors::reasons::DEPENDENCY_DOWN,
                                 "no signing key was loaded yet; try again",
                                 std::chrono::milliseconds(1000));
  }
  return keys;
}

absl::Status KeysService::Sign(const v1::SignTokenRequest& request,
                               v1::SignTokenResponse& response) const {
  const auto keys = Keys();
  if (!keys.ok()) return keys.status();
  const auto claims = ClaimsOf(request, policy_, clock_.Now(), uuid::NewId());
  if (!claims.ok()) return claims.status();
  const jose::Signer& signer = (*keys)->active();
  auto token = signer.SignAccessToken(*claims);
  if (!token.ok()) return token.status();
  response.set_access_token(*std::move(token));
  response.set_jti(claims->token_id);
  response.set_kid(signer.kid());
  response.mutable_issue_time()->set_seconds(claims->issue_time.time_since_epoch().count());
  response.mutable_expire_time()->set_seconds(claims->expire_time.time_since_epoch().count());
  return absl::OkStatus();
}

grpc::ServerUnaryReactor* KeysService::SignToken(grpc::CallbackServerContext* context,
                                                 const v1::SignTokenRequest* request,
                                                 v1::SignTokenResponse* response) {
  return rpc::Answer(context, Sign(*request, *response));
}

grpc::ServerUnaryReactor* KeysService::GetJwks(grpc::CallbackServerContext* context,
                                               const v1::GetJwksRequest* request,
                                               v1::GetJwksResponse* response) {
  const auto keys = Keys();
  if (!keys.ok()) return rpc::Answer(context, keys.status());
  response->set_version((*keys)->version());
  if (request->known_version() != (*keys)->version()) response->set_jwks((*keys)->jwks());
  return rpc::Answer(context, absl::OkStatus());
}

grpc::ServerUnaryReactor* KeysService::ListKeys(grpc::CallbackServerContext* context,
                                                const v1::ListKeysRequest* request,
                                                v1::ListKeysResponse* response) {
  const auto keys = Keys();
  if (!keys.ok()) return rpc::Answer(context, keys.status());
  return rpc::Answer(context, ListPage(**keys, *request, *response));
}

grpc::ServerWriteReactor<v1::WatchJwksResponse>* KeysService::WatchJwks(
    grpc::CallbackServerContext*, const v1::WatchJwksRequest*) {
  return rpc::NotBuiltWrites<v1::WatchJwksResponse>();
}

grpc::ServerUnaryReactor* KeysService::RotateKey(grpc::CallbackServerContext* context,
                                                 const v1::RotateKeyRequest*,
                                                 v1::RotateKeyResponse*) {
  return rpc::NotBuilt(context);
}

grpc::ServerUnaryReactor* KeysService::RevokeKey(grpc::CallbackServerContext* context,
                                                 const v1::RevokeKeyRequest*,
                                                 v1::RevokeKeyResponse*) {
  return rpc::NotBuilt(context);
}

grpc::ServerUnaryReactor* KeysService::RevokeAllKeys(grpc::CallbackServerContext* context,
                                                     const v1::RevokeAllKeysRequest*,
                                                     v1::RevokeAllKeysResponse*) {
  return rpc::NotBuilt(context);
}

}  // namespace tokenforge::keys
