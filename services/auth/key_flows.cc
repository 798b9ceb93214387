#include "services/auth/key_flows.h"

#include <string>
#include <vector>

#include "lib/telemetry/log.h"
#include "services/auth/admin_validation.h"
#include "services/auth/key_messages.h"
#include "services/auth/outward.h"
#include "services/auth/trust_hub.h"

namespace tokenforge::auth {
namespace {

namespace reasons = errors::reasons;
using Keys = google::protobuf::RepeatedPtrField<keys::v1::SigningKey>;

// Until there is an audit log of its own, the log says who did what to the keys.
void Audit(std::string_view what, const rpc::ServerCall& call, const Caller& caller,
           const std::string& reason, const GuardTally& guards) {
  telemetry::Log(telemetry::Level::kWarning, what, call.trace(),
                 {{"actor", caller.subject()},
                  {"why", reason},
                  {"guards_connected", static_cast<std::int64_t>(guards.connected)},
                  {"guards_applied", static_cast<std::int64_t>(guards.applied)}});
}

// From here on this replica refuses the keys, and its guards are being told.
absl::Status Publish(const GuardWatch& watch, const Keys& revoked, std::uint64_t version,
                     const std::string& jwks) {
  TrustHub::PublicRevocations revocations;
  AddRevoked(revoked, watch.revoked_key_life, revocations);
  watch.hub.Revoke(revocations);
  return Outward(watch.hub.PublishKeys(version, jwks), "trust.PublishKeys");
}

}  // namespace

async::Task<absl::Status> ListSigningKeys(KeyDesk& desk, rpc::ServerCall call,
                                          const v1::ListSigningKeysRequest* request,
                                          v1::ListSigningKeysResponse* response) {
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  auto asking = desk.keys.ListKeys(call, request->page_size(), request->page_token());
  const auto page = co_await std::move(asking);
  if (!page.ok()) co_return Outward(page.status(), "keys.ListKeys", {reasons::INVALID_FIELD});
  for (const keys::v1::SigningKey& key : page->keys()) *response->add_keys() = ToPublic(key);
  response->set_next_page_token(page->next_page_token());
  co_return absl::OkStatus();
}

async::Task<absl::Status> RotateSigningKey(KeyDesk& desk, rpc::ServerCall call, Caller caller,
                                           const v1::RotateSigningKeyRequest* request,
                                           v1::RotateSigningKeyResponse* response) {
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  auto rotating = desk.keys.RotateKey(call, request->reason(), request->force());
  const auto rotated = co_await std::move(rotating);
  if (!rotated.ok()) {
    co_return Outward(rotated.status(), "keys.RotateKey", {reasons::KEY_NOT_ACKNOWLEDGED});
  }
  Audit("an administrator rotated the signing key", call, caller, request->reason(), {});
  *response->mutable_active() = ToPublic(rotated->active());
  *response->mutable_next() = ToPublic(rotated->next());
  co_return absl::OkStatus();
}

async::Task<absl::Status> RevokeSigningKey(KeyDesk& desk, rpc::ServerCall call, Caller caller,
                                           const v1::RevokeSigningKeyRequest* request,
                                           v1::RevokeSigningKeyResponse* response) {
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  auto revoking = desk.keys.RevokeKey(call, request->kid(), request->reason());
  const auto done = co_await std::move(revoking);
  if (!done.ok()) co_return Outward(done.status(), "keys.RevokeKey", {reasons::NOT_FOUND});
  Keys revoked;
  *revoked.Add() = done->revoked();
  absl::Status published = Publish(desk.watch, revoked, done->version(), done->jwks());
  if (!published.ok()) co_return published;
  auto waiting = AwaitAllGuards(desk.watch, desk.keys, call, done->version());
  const GuardTally guards = co_await std::move(waiting);
  Audit("an administrator revoked a signing key", call, caller, request->reason(), guards);
  *response->mutable_active() = ToPublic(done->active());
  response->set_guards_connected(guards.connected);
  response->set_guards_applied(guards.applied);
  co_return absl::OkStatus();
}

async::Task<absl::Status> RevokeAllSigningKeys(KeyDesk& desk, rpc::ServerCall call, Caller caller,
                                               const v1::RevokeAllSigningKeysRequest* request,
                                               v1::RevokeAllSigningKeysResponse* response) {
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  if (request->end_all_sessions()) {
    co_return errors::Make(reasons::NOT_BUILT,
                           "end_all_sessions is not built in this version: nothing was done; "
                           "without it every access token is refused all the same");
  }
  auto revoking = desk.keys.RevokeAllKeys(call, request->reason());
  const auto done = co_await std::move(revoking);
  if (!done.ok()) co_return Outward(done.status(), "keys.RevokeAllKeys");
  absl::Status published = Publish(desk.watch, done->revoked(), done->version(), done->jwks());
  if (!published.ok()) co_return published;
  auto waiting = AwaitAllGuards(desk.watch, desk.keys, call, done->version());
  const GuardTally guards = co_await std::move(waiting);
  Audit("an administrator revoked every signing key", call, caller, request->reason(), guards);
  *response->mutable_active() = ToPublic(done->active());
  response->set_keys_revoked(done->revoked_size());
  response->set_guards_connected(guards.connected);
  response->set_guards_applied(guards.applied);
  co_return absl::OkStatus();
}

}  // namespace tokenforge::auth
