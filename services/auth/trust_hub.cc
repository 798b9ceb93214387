#include "services/auth/trust_hub.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "lib/secret/digest.h"
#include "services/auth/messages.h"
#include "tokenforge/trust.h"

namespace tokenforge::auth {
namespace {

Revocation::Time TimeOf(const google::protobuf::Timestamp& time) {
  return Revocation::Time(std::chrono::duration_cast<Revocation::Time::duration>(
      std::chrono::seconds(time.seconds()) + std::chrono::nanoseconds(time.nanos())));
}

Revocation ForGuard(const sessions::v1::Revocation& revocation) {
  Revocation told;
  told.jti = revocation.jti();
  told.session_id = revocation.session_id();
  told.subject = revocation.user_tokens().user_id();
  told.issued_before = TimeOf(revocation.user_tokens().issued_before());
  told.end_time = TimeOf(revocation.end_time());
  return told;
}

std::string StrongEtag(const std::string& body) {
  const secret::Digest digest = secret::Sha256(body);
  const std::string_view bytes = secret::AsBytes(digest).substr(0, 16);
  return '"' + absl::BytesToHexString({bytes.data(), bytes.size()}) + '"';
}

}  // namespace

TrustHub::TrustHub(std::string issuer, std::shared_ptr<Trust> guard_trust,
                   const clock::Clock& clock)
    : guard_trust_(std::move(guard_trust)), clock_(clock), state_(std::move(issuer)) {}

TrustHub::~TrustHub() = default;

absl::Status TrustHub::PublishKeys(std::uint64_t keys_version, const std::string& jwks) {
  if (absl::Status taken = guard_trust_->PublishKeys(jwks); !taken.ok()) return taken;
  auto keys = std::make_shared<const PublicKeys>(PublicKeys{jwks, StrongEtag(jwks)});
  const sync::MutexLock lock(&mutex_);
  state_.SetKeys(keys_version, jwks);
  keys_ = std::move(keys);
  return absl::OkStatus();
}

void TrustHub::Apply(const Revocations& revocations) {
  if (revocations.empty()) return;
  std::vector<Revocation> for_guard;
  for (const auto& revocation : revocations) {
    if (revocation.what_case() != sessions::v1::Revocation::WHAT_NOT_SET) {
      for_guard.push_back(ForGuard(revocation));
    }
  }
  guard_trust_->AddRevocations(for_guard);
  const clock::WallTime now = clock_.Now();
  const sync::MutexLock lock(&mutex_);
  for (const auto& revocation : revocations) state_.Add(ToPublic(revocation), now);
}

void TrustHub::Hear(const Revocations& revocations) {
  Apply(revocations);
  guard_trust_->Confirm();
  const sync::MutexLock lock(&mutex_);
  state_.SetRevocationsKnown();
}

std::shared_ptr<const v1::TrustSnapshot> TrustHub::Snapshot() const {
  const clock::WallTime now = clock_.Now();
  const sync::MutexLock lock(&mutex_);
  return state_.Snapshot(now);
}

std::shared_ptr<const PublicKeys> TrustHub::Keys() const {
  const sync::MutexLock lock(&mutex_);
  return keys_;
}

}  // namespace tokenforge::auth
