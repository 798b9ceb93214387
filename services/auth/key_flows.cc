#include "services/auth/key_flows.h"

#include <string>
#include <vector>

#include "lib/telemetry/log.h"
#include "services/auth/admin_validation.h"
#include "services/auth/audit_flows.h"
#include "services/auth/key_messages.h"
#include "services/auth/outward.h"
#include "services/auth/trust_hub.h"

namespace tokenforge::auth {
namespace {

namespace reasons = errors::reasons;
using Keys = google::protobuf::RepeatedPtrField<keys::v1::SigningKey>;

// What was done to the keys: for the audit log, and for whoever watches the process's own.
struct Deed {
  const char* kind;
  const char* text;
};
constexpr Deed kRotated{"key.rotated", "an administrator rotated the signing key"};
constexpr Deed kRevoked{"key.revoked", "an administrator revoked a signing key"};
constexpr Deed kAllRevoked{"keys.all_revoked", "an administrator revoked every signing key"};
constexpr Deed kAllEnded{"sessions.all_ended",
                         "an administrator ended every session of every user"};

void Audit(KeyDesk& desk, const Deed& deed, const Origin& origin, const Caller& caller,
           const std::string& reason, AuditAttributes attributes, const GuardTally& guards = {}) {
  telemetry::Log(telemetry::Level::kWarning, deed.text, origin.call.trace(),
                 {{"actor", caller.subject()},
                  {"why", reason},
                  {"guards_connected", static_cast<std::int64_t>(guards.connected)},
                  {"guards_applied", static_cast<std::int64_t>(guards.applied)}});
  attributes["reason"] = reason;
  desk.audit.Record(AuditEventOf(origin, deed.kind, "", caller.subject(), attributes));
}

// From here on this replica refuses the keys, and its guards are being told.
absl::Status Publish(const GuardWatch& watch, const Keys& revoked, std::uint64_t version,
                     const std::string& jwks) {
  TrustHub::PublicRevocations revocations;
  AddRevoked(revoked, watch.revoked_key_life, revocations);
  watch.hub.Revoke(revocations);
  return Outward(watch.hub.PublishKeys(version, jwks), "trust.PublishKeys");
}

using AllRevoked = absl::StatusOr<keys::v1::RevokeAllKeysResponse>;

async::Task<AllRevoked> RevokeAndPublish(KeyDesk& desk, const Origin& origin, const Caller& caller,
                                         const std::string& reason) {
  auto revoking = desk.keys.RevokeAllKeys(origin.call, reason);
  AllRevoked done = co_await std::move(revoking);
  if (!done.ok()) co_return Outward(done.status(), "keys.RevokeAllKeys");
  Audit(desk, kAllRevoked, origin, caller, reason,
        {{"keys_revoked", std::to_string(done->revoked_size())}, {"active", done->active().kid()}});
  absl::Status published = Publish(desk.watch, done->revoked(), done->version(), done->jwks());
  if (!published.ok()) co_return published;
  co_return done;
}

// The same error, after what was done all the same.
absl::Status Besides(const char* done, const absl::Status& status) {
  const std::string message =
      std::string(done) + ": " + std::string(status.message().data(), status.message().size());
  const errors::Reason reason = errors::ReasonOf(status).value_or(reasons::INTERNAL_FAULT);
  const auto retry = errors::RetryAfterOf(status);
  return retry ? errors::MakeRetryable(reason, message, *retry) : errors::Make(reason, message);
}

// Between the two revocations of keys (key_flows.h): ends the sessions, then revokes what was
// signed since the first. Answers with the second.
async::Task<AllRevoked> EndEverybodys(KeyDesk& desk, const Origin& origin, const Caller& caller,
                                      const std::string& reason) {
  constexpr const char* kOnlyKeys =
      "every signing key was revoked, but sessions may not have ended; call again";
  constexpr const char* kTokensBetween =
      "every signing key was revoked and every session ended, but access tokens of refreshes in "
      "between may be accepted; call again";
  auto ending = desk.sessions.EndAllSessions(origin.call, reason);
  const auto ended = co_await std::move(ending);
  if (!ended.ok()) {
    co_return Besides(kOnlyKeys, Outward(ended.status(), "sessions.EndAllSessions"));
  }
  Audit(desk, kAllEnded, origin, caller, reason, {});
  auto again = RevokeAndPublish(desk, origin, caller, reason);
  AllRevoked revoked = co_await std::move(again);
  if (revoked.ok()) co_return revoked;
  co_return Besides(kTokensBetween, revoked.status());
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

async::Task<absl::Status> RotateSigningKey(KeyDesk& desk, Origin origin, Caller caller,
                                           const v1::RotateSigningKeyRequest* request,
                                           v1::RotateSigningKeyResponse* response) {
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  auto rotating = desk.keys.RotateKey(origin.call, request->reason(), request->force());
  const auto rotated = co_await std::move(rotating);
  if (!rotated.ok()) {
    co_return Outward(rotated.status(), "keys.RotateKey", {reasons::KEY_NOT_ACKNOWLEDGED});
  }
  Audit(desk, kRotated, origin, caller, request->reason(),
        {{"active", rotated->active().kid()}, {"forced", request->force() ? "true" : "false"}});
  *response->mutable_active() = ToPublic(rotated->active());
  *response->mutable_next() = ToPublic(rotated->next());
  co_return absl::OkStatus();
}

async::Task<absl::Status> RevokeSigningKey(KeyDesk& desk, Origin origin, Caller caller,
                                           const v1::RevokeSigningKeyRequest* request,
                                           v1::RevokeSigningKeyResponse* response) {
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  auto revoking = desk.keys.RevokeKey(origin.call, request->kid(), request->reason());
  const auto done = co_await std::move(revoking);
  if (!done.ok()) co_return Outward(done.status(), "keys.RevokeKey", {reasons::NOT_FOUND});
  Keys revoked;
  *revoked.Add() = done->revoked();
  absl::Status published = Publish(desk.watch, revoked, done->version(), done->jwks());
  GuardTally guards;
  if (published.ok()) {
    auto waiting = AwaitAllGuards(desk.watch, desk.keys, origin.call, done->version());
    guards = co_await std::move(waiting);
  }
  Audit(desk, kRevoked, origin, caller, request->reason(), {{"kid", request->kid()}}, guards);
  if (!published.ok()) co_return published;
  *response->mutable_active() = ToPublic(done->active());
  response->set_guards_connected(guards.connected);
  response->set_guards_applied(guards.applied);
  co_return absl::OkStatus();
}

async::Task<absl::Status> RevokeAllSigningKeys(KeyDesk& desk, Origin origin, Caller caller,
                                               const v1::RevokeAllSigningKeysRequest* request,
                                               v1::RevokeAllSigningKeysResponse* response) {
  if (absl::Status valid = Validate(*request); !valid.ok()) co_return valid;
  auto revoking = RevokeAndPublish(desk, origin, caller, request->reason());
  AllRevoked done = co_await std::move(revoking);
  if (!done.ok()) co_return done.status();
  int keys_revoked = done->revoked_size();
  if (request->end_all_sessions()) {
    auto ending = EndEverybodys(desk, origin, caller, request->reason());
    done = co_await std::move(ending);
    if (!done.ok()) co_return done.status();
    keys_revoked += done->revoked_size();
  }
  auto waiting = AwaitAllGuards(desk.watch, desk.keys, origin.call, done->version());
  const GuardTally guards = co_await std::move(waiting);
  *response->mutable_active() = ToPublic(done->active());
  response->set_keys_revoked(keys_revoked);
  response->set_guards_connected(guards.connected);
  response->set_guards_applied(guards.applied);
  co_return absl::OkStatus();
}

}  // namespace tokenforge::auth
