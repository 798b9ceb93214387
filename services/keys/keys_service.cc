#include "services/keys/keys_service.h"

#include <grpcpp/server_context.h>

#include <string>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/rpc/call.h"
#include "lib/rpc/server_call.h"
#include "lib/uuid/uuid.h"
#include "lib/workers/pool.h"
#include "services/keys/jwks_watch.h"
#include "services/keys/key_messages.h"

namespace tokenforge::keys {
namespace {

using Answer = async::Task<absl::Status>;
using clock::SteadyTime;
using Parts = KeysService::Parts;

Answer Rotate(const Parts& parts, const v1::RotateKeyRequest* request,
              v1::RotateKeyResponse* response, SteadyTime deadline) {
  if (absl::Status bad = CheckReason(request->reason()); !bad.ok()) co_return bad;
  auto work = [&parts, request](int) {
    return parts.cycle->Rotate(request->reason(), request->force());
  };
  auto run = parts.pool->Run(deadline, work);  // named: see lib/async/task.h
  const absl::StatusOr<KeyCycle::Set> set = co_await std::move(run);
  if (!set.ok()) co_return set.status();
  PutKey(**set, KeyState::kActive, response->mutable_active());
  PutKey(**set, KeyState::kNext, response->mutable_next());
  response->set_version((*set)->version());
  co_return absl::OkStatus();
}

Answer Revoke(const Parts& parts, const v1::RevokeKeyRequest* request,
              v1::RevokeKeyResponse* response, SteadyTime deadline) {
  if (absl::Status bad = CheckReason(request->reason()); !bad.ok()) co_return bad;
  if (request->kid().empty()) co_return errors::InvalidFields({{"kid", "must not be empty"}});
  auto work = [&parts, request](int) {
    return parts.cycle->Revoke(request->kid(), request->reason());
  };
  auto run = parts.pool->Run(deadline, work);
  const absl::StatusOr<KeyCycle::Revocation> done = co_await std::move(run);
  if (!done.ok()) co_return done.status();
  for (const KeySet::Key& key : done->revoked) *response->mutable_revoked() = ToMessage(key);
  PutKey(*done->after, KeyState::kActive, response->mutable_active());
  response->set_version(done->after->version());
  response->set_jwks(done->after->jwks());
  co_return absl::OkStatus();
}

Answer RevokeAll(const Parts& parts, const v1::RevokeAllKeysRequest* request,
                 v1::RevokeAllKeysResponse* response, SteadyTime deadline) {
  if (absl::Status bad = CheckReason(request->reason()); !bad.ok()) co_return bad;
  auto work = [&parts, request](int) { return parts.cycle->RevokeAll(request->reason()); };
  auto run = parts.pool->Run(deadline, work);
  const absl::StatusOr<KeyCycle::Revocation> done = co_await std::move(run);
  if (!done.ok()) co_return done.status();
  for (const KeySet::Key& key : done->revoked) *response->add_revoked() = ToMessage(key);
  PutKey(*done->after, KeyState::kActive, response->mutable_active());
  response->set_version(done->after->version());
  response->set_jwks(done->after->jwks());
  co_return absl::OkStatus();
}

Answer Report(const Parts& parts, const v1::ReportGuardsRequest* request,
              v1::ReportGuardsResponse* response, SteadyTime deadline) {
  const Time now = std::chrono::floor<std::chrono::milliseconds>(parts.clock->Now());
  absl::StatusOr<GuardReport> report = ReportOf(*request, now);
  if (!report.ok()) co_return report.status();
  auto store = parts.reports->Report(*std::move(report), deadline);
  const absl::StatusOr<std::vector<GuardReport>> all = co_await std::move(store);
  if (!all.ok()) co_return all.status();
  for (const GuardReport& each : *all) *response->add_reports() = ToMessage(each);
  if (parts.on_report) parts.on_report();
  co_return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::shared_ptr<const KeySet>> KeysService::Keys() const {
  auto keys = parts_.keeper->Current();
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
  const auto claims = ClaimsOf(request, policy_, parts_.clock->Now(), uuid::NewId());
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

grpc::ServerWriteReactor<v1::WatchJwksResponse>* KeysService::WatchJwks(
    grpc::CallbackServerContext*, const v1::WatchJwksRequest* request) {
  return keys::WatchJwks(parts_.keeper, parts_.feed, request->known_version());
}

grpc::ServerUnaryReactor* KeysService::ListKeys(grpc::CallbackServerContext* context,
                                                const v1::ListKeysRequest* request,
                                                v1::ListKeysResponse* response) {
  const auto keys = Keys();
  if (!keys.ok()) return rpc::Answer(context, keys.status());
  return rpc::Answer(context, ListPage(**keys, *request, *response));
}

grpc::ServerUnaryReactor* KeysService::RotateKey(grpc::CallbackServerContext* context,
                                                 const v1::RotateKeyRequest* request,
                                                 v1::RotateKeyResponse* response) {
  return rpc::Serve(context, Rotate(parts_, request, response, rpc::DeadlineOf(*context)));
}

grpc::ServerUnaryReactor* KeysService::RevokeKey(grpc::CallbackServerContext* context,
                                                 const v1::RevokeKeyRequest* request,
                                                 v1::RevokeKeyResponse* response) {
  return rpc::Serve(context, Revoke(parts_, request, response, rpc::DeadlineOf(*context)));
}

grpc::ServerUnaryReactor* KeysService::RevokeAllKeys(grpc::CallbackServerContext* context,
                                                     const v1::RevokeAllKeysRequest* request,
                                                     v1::RevokeAllKeysResponse* response) {
  return rpc::Serve(context, RevokeAll(parts_, request, response, rpc::DeadlineOf(*context)));
}

grpc::ServerUnaryReactor* KeysService::ReportGuards(grpc::CallbackServerContext* context,
                                                    const v1::ReportGuardsRequest* request,
                                                    v1::ReportGuardsResponse* response) {
  return rpc::Serve(context, Report(parts_, request, response, rpc::DeadlineOf(*context)));
}

}  // namespace tokenforge::keys
