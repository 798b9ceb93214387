#include "services/auth/trust_hub.h"

#include <utility>
#include <vector>

#include "absl/strings/escaping.h"
#include "lib/secret/digest.h"
#include "services/auth/messages.h"
#include "tokenforge/trust.h"

namespace tokenforge::auth {
namespace {

constexpr std::chrono::seconds kSilence{15};  // sessions says each 4 s that it reads its store

Revocation::Time TimeOf(const google::protobuf::Timestamp& time) {
  return Revocation::Time(std::chrono::duration_cast<Revocation::Time::duration>(
      std::chrono::seconds(time.seconds()) + std::chrono::nanoseconds(time.nanos())));
}

Revocation ForGuard(const v1::Revocation& revocation) {
  Revocation told;
  told.jti = revocation.jti();
  told.session_id = revocation.session_id();
  told.subject = revocation.user_tokens().user_id();
  told.issued_before = TimeOf(revocation.user_tokens().issued_before());
  told.kid = revocation.kid();
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
                   const clock::Clock& clock, std::size_t journal_steps)
    : guard_trust_(std::move(guard_trust)),
      clock_(clock),
      state_(std::move(issuer), journal_steps) {}

TrustHub::~TrustHub() = default;

void TrustHub::OnNews(std::function<void()> listener) { listener_ = std::move(listener); }

absl::Status TrustHub::PublishKeys(std::uint64_t keys_version, const std::string& jwks) {
  {
    const sync::MutexLock lock(&mutex_);
    if (!succession_.Allows(keys_version, clock_.SteadyNow())) return absl::OkStatus();
    if (keys_ != nullptr && keys_->jwks == jwks) {
      succession_.Took(keys_version);
      state_.SetKeys(keys_version, jwks);
      return absl::OkStatus();
    }
    // Under the lock, so that two sets that come together take effect in the same order everywhere.
    if (absl::Status taken = guard_trust_->PublishKeys(jwks); !taken.ok()) return taken;
    succession_.Took(keys_version);
    state_.SetKeys(keys_version, jwks);
    keys_ = std::make_shared<const PublicKeys>(PublicKeys{jwks, StrongEtag(jwks)});
  }
  if (listener_) listener_();
  return absl::OkStatus();
}

void TrustHub::Apply(const Revocations& revocations) {
  PublicRevocations shown;
  for (const auto& revocation : revocations) {
    if (revocation.what_case() != sessions::v1::Revocation::WHAT_NOT_SET) {
      *shown.Add() = ToPublic(revocation);
    }
  }
  Revoke(shown);
}

void TrustHub::Revoke(const PublicRevocations& revocations) {
  if (revocations.empty()) return;
  std::vector<Revocation> for_guard;
  for (const auto& revocation : revocations) for_guard.push_back(ForGuard(revocation));
  guard_trust_->AddRevocations(for_guard);
  const clock::WallTime now = clock_.Now();
  bool news = false;
  {
    const sync::MutexLock lock(&mutex_);
    for (const auto& revocation : revocations) news = state_.Add(revocation, now) || news;
  }
  if (news && listener_) listener_();
}

void TrustHub::Hear(const Revocations& revocations) {
  Apply(revocations);
  guard_trust_->Confirm();
  bool first = false;
  {
    const sync::MutexLock lock(&mutex_);
    heard_at_ = clock_.SteadyNow();
    first = !state_.Known();
    state_.SetRevocationsKnown();
  }
  if (first && listener_) listener_();
}

std::optional<clock::SteadyTime> TrustHub::HeardAt() const {
  const sync::MutexLock lock(&mutex_);
  if (heard_at_ == clock::SteadyTime()) return std::nullopt;
  return heard_at_;
}

std::shared_ptr<const v1::TrustSnapshot> TrustHub::Snapshot() const {
  const clock::WallTime now = clock_.Now();
  const sync::MutexLock lock(&mutex_);
  return state_.Snapshot(now);
}

FeedMessages::Shared TrustHub::Next(std::uint64_t version, bool beat) {
  const clock::WallTime now = clock_.Now();
  const sync::MutexLock lock(&mutex_);
  FeedMessages::Shared message = messages_.Since(state_, version, now);
  if (message == nullptr && beat) {
    const bool stale = clock_.SteadyNow() - heard_at_ > kSilence;
    message = messages_.Heartbeat(state_, now, stale);
  }
  return message;
}

std::optional<std::uint64_t> TrustHub::VersionOf(const std::string& cursor) {
  const clock::WallTime now = clock_.Now();
  const sync::MutexLock lock(&mutex_);
  return state_.VersionOf(cursor, now);
}

KeysInForce TrustHub::CurrentKeys() const {
  const sync::MutexLock lock(&mutex_);
  return {state_.journal().keys_version(), state_.journal().keys_since()};
}

std::uint64_t TrustHub::KeysVersionAt(std::uint64_t version) const {
  const sync::MutexLock lock(&mutex_);
  return state_.journal().KeysVersionAt(version);
}

std::shared_ptr<const PublicKeys> TrustHub::Keys() const {
  const sync::MutexLock lock(&mutex_);
  return keys_;
}

}  // namespace tokenforge::auth
