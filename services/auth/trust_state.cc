#include "services/auth/trust_state.h"

#include <chrono>
#include <cstring>

#include "absl/strings/escaping.h"
#include "lib/secret/digest.h"

namespace tokenforge::auth {
namespace {

using std::chrono::duration_cast;

std::int64_t MinutesOf(clock::WallTime time) {
  return duration_cast<std::chrono::minutes>(time.time_since_epoch()).count();
}

// The first whole minute at which it no longer matters.
std::int64_t EndMinuteOf(const v1::Revocation& revocation) {
  const std::int64_t seconds =
      revocation.end_time().seconds() + (revocation.end_time().nanos() > 0 ? 1 : 0);
  return (seconds + 59) / 60;
}

std::string SubjectOf(const v1::Revocation& revocation) {
  using What = v1::Revocation::WhatCase;
  switch (revocation.what_case()) {
    case What::kJti:
      return "jti:" + revocation.jti();
    case What::kSessionId:
      return "sid:" + revocation.session_id();
    case What::kUserTokens:
      return "sub:" + revocation.user_tokens().user_id();
    case What::kKid:
      return "kid:" + revocation.kid();
    case What::WHAT_NOT_SET:
      break;
  }
  return "";
}

bool Before(const google::protobuf::Timestamp& a, const google::protobuf::Timestamp& b) {
  return a.seconds() != b.seconds() ? a.seconds() < b.seconds() : a.nanos() < b.nanos();
}

// The wider of two revocations of the same thing: the later end, and the later issued_before.
v1::Revocation Widest(v1::Revocation known, const v1::Revocation& other) {
  if (Before(known.end_time(), other.end_time())) *known.mutable_end_time() = other.end_time();
  if (Before(known.user_tokens().issued_before(), other.user_tokens().issued_before())) {
    *known.mutable_user_tokens()->mutable_issued_before() = other.user_tokens().issued_before();
  }
  return known;
}

template <class Lanes>
Lanes FingerprintOf(std::string_view text) {
  const secret::Digest digest = secret::Sha256(text);
  Lanes lanes;
  static_assert(sizeof(lanes) == sizeof(digest));
  std::memcpy(lanes.data(), digest.data(), digest.size());
  return lanes;
}

std::string DigestOf(std::string_view text) {
  const secret::Digest digest = secret::Sha256(text);
  const std::string_view bytes = secret::AsBytes(digest).substr(0, 16);
  return absl::BytesToHexString({bytes.data(), bytes.size()});
}

// Serialised by hand: protobuf's own bytes may differ between builds, and replicas must agree.
std::string CanonicalText(const std::string& subject, const v1::Revocation& revocation) {
  const auto& before = revocation.user_tokens().issued_before();
  const auto& end = revocation.end_time();
  return subject + '|' + std::to_string(before.seconds()) + '.' + std::to_string(before.nanos()) +
         '|' + std::to_string(end.seconds()) + '.' + std::to_string(end.nanos());
}

}  // namespace

bool TrustState::SetKeys(std::uint64_t keys_version, const std::string& jwks) {
  if (jwks == jwks_) {
    journal_.RenameKeys(keys_version);
    return false;
  }
  jwks_ = jwks;
  jwks_digest_ = DigestOf(jwks);
  journal_.AddKeys(keys_version);
  Changed();
  return true;
}

bool TrustState::Add(const v1::Revocation& revocation, clock::WallTime now) {
  Forget(now);
  const std::string subject = SubjectOf(revocation);
  if (subject.empty() || EndMinuteOf(revocation) <= MinutesOf(now)) return false;
  auto [place, inserted] = revocations_.try_emplace(subject);
  Entry& entry = place->second;
  v1::Revocation wide = inserted ? revocation : Widest(entry.revocation, revocation);
  const auto fingerprint = FingerprintOf<Fingerprint>(CanonicalText(subject, wide));
  if (!inserted && fingerprint == entry.fingerprint) return false;
  for (size_t lane = 0; lane < sum_.size(); ++lane) {
    sum_[lane] += fingerprint[lane] - (inserted ? 0 : entry.fingerprint[lane]);
  }
  entry = {std::move(wide), fingerprint};
  journal_.AddRevocation(entry.revocation);
  Changed();
  return true;
}

void TrustState::SetRevocationsKnown() {
  revocations_known_ = true;
  if (Known()) Cursor();
}

std::shared_ptr<const v1::TrustSnapshot> TrustState::Snapshot(clock::WallTime now) {
  if (!Known()) return nullptr;
  Forget(now);
  if (snapshot_ != nullptr) return snapshot_;
  auto snapshot = std::make_shared<v1::TrustSnapshot>();
  snapshot->set_jwks(jwks_);
  for (const auto& [subject, entry] : revocations_) {
    *snapshot->add_revocations() = entry.revocation;
  }
  snapshot->set_issuer(issuer_);
  snapshot->set_version(version());
  snapshot->set_cursor(Cursor());
  snapshot_ = std::move(snapshot);
  return snapshot_;
}

std::optional<v1::WatchTrustResponse::Change> TrustState::ChangeSince(std::uint64_t version,
                                                                      clock::WallTime now) {
  if (!Known()) return std::nullopt;
  Forget(now);
  if (!journal_.Reaches(version)) return std::nullopt;
  v1::WatchTrustResponse::Change change;
  if (journal_.TellSince(version, *change.mutable_revocations())) change.set_jwks(jwks_);
  change.set_version(journal_.version());
  change.set_cursor(Cursor());
  return change;
}

std::optional<std::uint64_t> TrustState::VersionOf(const std::string& cursor, clock::WallTime now) {
  if (!Known()) return std::nullopt;
  Forget(now);
  Cursor();  // noted, so that the present state is found also when nobody asked for it before
  return journal_.VersionOf(cursor);
}

// A digest of the content and nothing else: a restarted façade, or another replica, that believes
// the same has the same cursor. The keys' version is left out, since it may grow while the public
// keys stay as they are.
const std::string& TrustState::Cursor() {
  if (!cursor_.empty()) return cursor_;
  std::string content = issuer_ + '|' + jwks_digest_ + '|';
  content.append(reinterpret_cast<const char*>(sum_.data()), sizeof(sum_));
  cursor_ = DigestOf(content);
  journal_.NoteCursor(cursor_);
  return cursor_;
}

void TrustState::Forget(clock::WallTime now) {
  const std::int64_t minute = MinutesOf(now);
  if (minute <= forgotten_until_) return;
  forgotten_until_ = minute;
  bool forgot = false;
  for (auto entry = revocations_.begin(); entry != revocations_.end();) {
    const auto here = entry++;
    if (EndMinuteOf(here->second.revocation) > minute) continue;
    for (size_t lane = 0; lane < sum_.size(); ++lane) sum_[lane] -= here->second.fingerprint[lane];
    revocations_.erase(here);
    forgot = true;
  }
  if (!forgot) return;
  journal_.AddNothing();
  Changed();
}

void TrustState::Changed() {
  cursor_.clear();
  snapshot_.reset();
  // Noted at once, also when nobody asks: a guard may come with it from another replica.
  if (Known()) Cursor();
}

}  // namespace tokenforge::auth
