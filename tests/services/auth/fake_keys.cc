#include "tests/services/auth/fake_keys.h"

#include <chrono>

#include "lib/errors/errors.h"
#include "lib/jose/jwk_set.h"
#include "lib/uuid/uuid.h"

namespace tokenforge::auth::testing {

using std::chrono::sys_seconds;

FakeKeys::FakeKeys(std::string issuer) : issuer_(std::move(issuer)) { Rotate(); }

void FakeKeys::Rotate() {
  auto signer =
      std::make_unique<jose::Signer>(jose::PrivateKey::Generate(jose::Algorithm::kEs256).value());
  const sync::MutexLock lock(&mutex_);
  signer_ = std::move(signer);
  ++version_;
}

std::string FakeKeys::jwks() const {
  const sync::MutexLock lock(&mutex_);
  return jose::JwkSet::Of({signer_->public_key()}).ToJson();
}

grpc::Status FakeKeys::SignToken(grpc::ServerContext* context,
                                 const keys::v1::SignTokenRequest* request,
                                 keys::v1::SignTokenResponse* response) {
  if (const grpc::Status fault = faults.Enter("SignToken", context); !fault.ok()) return fault;
  const keys::v1::AccessTokenClaims& asked = request->claims();
  jose::AccessTokenClaims claims;
  claims.issuer = issuer_;
  claims.subject = asked.sub();
  claims.audiences.assign(asked.aud().begin(), asked.aud().end());
  claims.issue_time =
      std::chrono::time_point_cast<std::chrono::seconds>(std::chrono::system_clock::now());
  claims.not_before = claims.issue_time;
  claims.expire_time = claims.issue_time + std::chrono::minutes(15);
  claims.token_id = uuid::NewId();
  claims.session_id = asked.sid();
  claims.client_id = asked.client_id();
  claims.roles.assign(asked.roles().begin(), asked.roles().end());
  claims.scope = asked.scope();
  claims.email = asked.email();
  claims.auth_time = sys_seconds(std::chrono::seconds(asked.auth_time().seconds()));
  claims.amr.assign(asked.amr().begin(), asked.amr().end());

  const sync::MutexLock lock(&mutex_);
  auto token = signer_->SignAccessToken(claims);
  if (!token.ok()) return rpc::ToGrpc(token.status());
  response->set_access_token(*std::move(token));
  response->mutable_expire_time()->set_seconds(claims.expire_time.time_since_epoch().count());
  response->set_jti(claims.token_id);
  response->set_kid(signer_->kid());
  return grpc::Status::OK;
}

grpc::Status FakeKeys::GetJwks(grpc::ServerContext* context,
                               const keys::v1::GetJwksRequest* request,
                               keys::v1::GetJwksResponse* response) {
  if (const grpc::Status fault = faults.Enter("GetJwks", context); !fault.ok()) return fault;
  const sync::MutexLock lock(&mutex_);
  response->set_version(version_);
  if (request->known_version() != version_) {
    response->set_jwks(jose::JwkSet::Of({signer_->public_key()}).ToJson());
  }
  return grpc::Status::OK;
}

}  // namespace tokenforge::auth::testing
