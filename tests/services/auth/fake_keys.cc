#include "tests/services/auth/fake_keys.h"

#include <chrono>
#include <optional>
#include <thread>

#include "lib/errors/errors.h"
#include "lib/jose/jwk_set.h"
#include "lib/uuid/uuid.h"

namespace tokenforge::auth::testing {

using std::chrono::sys_seconds;

FakeKeys::FakeKeys(std::string issuer) : issuer_(std::move(issuer)) {
  const sync::MutexLock lock(&mutex_);
  Activate();
}

void FakeKeys::Activate() {
  signer_ =
      std::make_unique<jose::Signer>(jose::PrivateKey::Generate(jose::Algorithm::kEs256).value());
  keys::v1::SigningKey key;
  key.set_kid(signer_->kid());
  key.set_algorithm("ES256");
  key.set_state(keys::v1::ACTIVE);
  keys_.push_back(key);
  ++version_;
}

void FakeKeys::RevokeActive() {
  const auto now = std::chrono::system_clock::now().time_since_epoch();
  keys_.back().set_state(keys::v1::REVOKED);
  keys_.back().mutable_retire_time()->set_seconds(
      std::chrono::duration_cast<std::chrono::seconds>(now).count());
}

void FakeKeys::Rotate() {
  const sync::MutexLock lock(&mutex_);
  keys_.back().set_state(keys::v1::RETIRED);
  Activate();
}

void FakeKeys::RevokeElsewhere() {
  const sync::MutexLock lock(&mutex_);
  RevokeActive();
  Activate();
}

std::string FakeKeys::Jwks() const { return jose::JwkSet::Of({signer_->public_key()}).ToJson(); }

std::string FakeKeys::jwks() const {
  const sync::MutexLock lock(&mutex_);
  return Jwks();
}

std::string FakeKeys::kid() const {
  const sync::MutexLock lock(&mutex_);
  return keys_.back().kid();
}

void FakeKeys::BreakStreams() {
  const sync::MutexLock lock(&mutex_);
  ++breaks_;
}

void FakeKeys::PutReport(keys::v1::GuardReport report) {
  const sync::MutexLock lock(&mutex_);
  others_.push_back(std::move(report));
}

keys::v1::GuardReport FakeKeys::LastReport() const {
  const sync::MutexLock lock(&mutex_);
  return reported_;
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
    response->set_jwks(Jwks());
  }
  return grpc::Status::OK;
}

grpc::Status FakeKeys::WatchJwks(grpc::ServerContext* context,
                                 const keys::v1::WatchJwksRequest* request,
                                 grpc::ServerWriter<keys::v1::WatchJwksResponse>* writer) {
  if (const grpc::Status fault = faults.Enter("WatchJwks", context); !fault.ok()) return fault;
  std::uint64_t told = request->known_version();
  std::optional<int> breaks;
  while (!context->IsCancelled()) {
    keys::v1::WatchJwksResponse response;
    {
      const sync::MutexLock lock(&mutex_);
      if (!breaks) breaks = breaks_;
      if (breaks != breaks_) break;
      response.set_version(version_);
      if (told != version_) response.set_jwks(Jwks());
      told = version_;
    }
    writer->Write(response);  // without keys: a sign of life, more often than the real one
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return rpc::ToGrpc(errors::Make(errors::reasons::DRAINING, "ended"));
}

grpc::Status FakeKeys::ListKeys(grpc::ServerContext* context,
                                const keys::v1::ListKeysRequest* request,
                                keys::v1::ListKeysResponse* response) {
  if (const grpc::Status fault = faults.Enter("ListKeys", context); !fault.ok()) return fault;
  const std::size_t size = request->page_size() == 0 ? 2 : request->page_size();
  const std::size_t begin = request->page_token().empty() ? 0 : std::stoul(request->page_token());
  const sync::MutexLock lock(&mutex_);
  for (std::size_t i = begin; i < keys_.size() && i < begin + size; ++i) {
    *response->add_keys() = keys_[i];
  }
  if (begin + size < keys_.size()) response->set_next_page_token(std::to_string(begin + size));
  response->set_version(version_);
  return grpc::Status::OK;
}

grpc::Status FakeKeys::RotateKey(grpc::ServerContext* context,
                                 const keys::v1::RotateKeyRequest* request,
                                 keys::v1::RotateKeyResponse* response) {
  if (!request->force()) {
    if (const grpc::Status fault = faults.Enter("RotateKey", context); !fault.ok()) return fault;
  }
  Rotate();
  const sync::MutexLock lock(&mutex_);
  *response->mutable_active() = keys_.back();
  response->set_version(version_);
  return grpc::Status::OK;
}

grpc::Status FakeKeys::RevokeKey(grpc::ServerContext* context,
                                 const keys::v1::RevokeKeyRequest* request,
                                 keys::v1::RevokeKeyResponse* response) {
  if (const grpc::Status fault = faults.Enter("RevokeKey", context); !fault.ok()) return fault;
  const sync::MutexLock lock(&mutex_);
  if (request->kid() != keys_.back().kid()) {
    return rpc::ToGrpc(errors::Make(errors::reasons::NOT_FOUND, "there is no such key"));
  }
  RevokeActive();
  *response->mutable_revoked() = keys_.back();
  Activate();
  *response->mutable_active() = keys_.back();
  response->set_version(version_);
  response->set_jwks(answers_no_keys ? "" : Jwks());
  return grpc::Status::OK;
}

grpc::Status FakeKeys::RevokeAllKeys(grpc::ServerContext* context,
                                     const keys::v1::RevokeAllKeysRequest* /*request*/,
                                     keys::v1::RevokeAllKeysResponse* response) {
  if (const grpc::Status fault = faults.Enter("RevokeAllKeys", context); !fault.ok()) return fault;
  const sync::MutexLock lock(&mutex_);
  RevokeActive();
  *response->add_revoked() = keys_.back();
  Activate();
  *response->mutable_active() = keys_.back();
  response->set_version(version_);
  response->set_jwks(answers_no_keys ? "" : Jwks());
  return grpc::Status::OK;
}

grpc::Status FakeKeys::ReportGuards(grpc::ServerContext* context,
                                    const keys::v1::ReportGuardsRequest* request,
                                    keys::v1::ReportGuardsResponse* response) {
  if (const grpc::Status fault = faults.Enter("ReportGuards", context); !fault.ok()) return fault;
  const sync::MutexLock lock(&mutex_);
  reported_ = request->report();
  *response->add_reports() = reported_;
  for (const auto& other : others_) *response->add_reports() = other;
  return grpc::Status::OK;
}

}  // namespace tokenforge::auth::testing
