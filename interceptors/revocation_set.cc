#include "interceptors/revocation_set.h"

#include <algorithm>

#include "absl/container/flat_hash_set.h"
#include "absl/hash/hash.h"
#include "interceptors/caller_maker.h"

namespace tokenforge::internal {
namespace {

// One map holds all four kinds; the first character keeps them apart.
std::string JtiKey(std::string_view jti) { return std::string("j").append(jti); }
std::string SidKey(std::string_view sid) { return std::string("s").append(sid); }
std::string SubKey(std::string_view sub) { return std::string("u").append(sub); }
std::string KidKey(std::string_view kid) { return std::string("k").append(kid); }

// An empty claim is one that the token does not have: nothing may match it.
std::string KeyOf(const Revocation& revocation) {
  if (!revocation.jti.empty()) return JtiKey(revocation.jti);
  if (!revocation.session_id.empty()) return SidKey(revocation.session_id);
  if (!revocation.subject.empty()) return SubKey(revocation.subject);
  if (!revocation.kid.empty()) return KidKey(revocation.kid);
  return {};
}

// `iat` has whole seconds: a token issued within the second of the revocation must not slip
// through.
clock::WallTime RoundedUp(clock::WallTime time) {
  return std::chrono::ceil<std::chrono::seconds>(time);
}

}  // namespace

RevocationKeys::RevocationKeys(const VerifiedClaims& claims)
    : jti(JtiKey(claims.token_id)),
      sid(claims.session_id.empty() ? std::string() : SidKey(claims.session_id)),
      sub(SubKey(claims.subject)),
      kid(KidKey(claims.key_id)),
      issue_time(claims.issue_time) {}

RevocationSet::Shard& RevocationSet::ShardOf(const std::string& key) const {
  return shards_[absl::Hash<std::string>()(key) % shards_.size()];
}

bool RevocationSet::Add(const std::vector<Revocation>& revocations, clock::WallTime now) {
  sync::MutexLock lock(&writers_);
  SweepLocked(now);
  bool added = false;
  for (const Revocation& revocation : revocations) added |= AddLocked(revocation, now);
  return added;
}

bool RevocationSet::Replace(const std::vector<Revocation>& revocations, clock::WallTime now) {
  sync::MutexLock lock(&writers_);
  bool added = false;
  absl::flat_hash_set<std::string> kept;
  for (const Revocation& revocation : revocations) {
    added |= AddLocked(revocation, now);
    kept.insert(KeyOf(revocation));
  }
  std::vector<std::string> gone;
  for (const auto& [end, key] : by_end_) {
    if (!kept.contains(key)) gone.push_back(key);
  }
  for (const std::string& key : gone) Erase(key);
  return added || !gone.empty();
}

void RevocationSet::Sweep(clock::WallTime now) {
  sync::MutexLock lock(&writers_);
  SweepLocked(now);
}

void RevocationSet::SweepLocked(clock::WallTime now) {
  while (!by_end_.empty() && by_end_.begin()->first <= now) {
    Erase(std::string(by_end_.begin()->second));
  }
}

bool RevocationSet::AddLocked(const Revocation& revocation, clock::WallTime now) {
  const std::string key = KeyOf(revocation);
  if (key.empty() || revocation.end_time <= now) return false;
  Entry entry;
  entry.end = revocation.end_time;
  if (key.front() == 'u') entry.issued_before = RoundedUp(revocation.issued_before);
  const bool added = Put(key, entry);
  while (by_end_.size() > max_size_) {
    Erase(std::string(by_end_.begin()->second));
    dropped_.fetch_add(1, std::memory_order_relaxed);
  }
  return added;
}

// A second revocation of the same thing can only widen the first.
bool RevocationSet::Put(const std::string& key, const Entry& entry) {
  Shard& shard = ShardOf(key);
  sync::MutexLock lock(&shard.mutex);
  const auto [found, is_new] = shard.entries.try_emplace(key, entry);
  Entry& old = found->second;
  const bool wider = old.end < entry.end || old.issued_before < entry.issued_before;
  if (!is_new) {
    if (!wider) return false;
    by_end_.erase({old.end, key});
    old.end = std::max(old.end, entry.end);
    old.issued_before = std::max(old.issued_before, entry.issued_before);
  }
  by_end_.emplace(old.end, key);
  size_.store(by_end_.size(), std::memory_order_release);
  return true;
}

void RevocationSet::Erase(const std::string& key) {
  Shard& shard = ShardOf(key);
  sync::MutexLock lock(&shard.mutex);
  const auto found = shard.entries.find(key);
  if (found == shard.entries.end()) return;
  by_end_.erase({found->second.end, key});
  shard.entries.erase(found);
  size_.store(by_end_.size(), std::memory_order_release);
}

bool RevocationSet::Holds(const std::string& key, clock::WallTime issue_time) const {
  const Shard& shard = ShardOf(key);
  sync::MutexLock lock(&shard.mutex);
  const auto found = shard.entries.find(key);
  return found != shard.entries.end() && issue_time < found->second.issued_before;
}

bool RevocationSet::Matches(const RevocationKeys& keys) const {
  if (size_.load(std::memory_order_acquire) == 0) return false;
  // For all but users issued_before is the end of time, so any time of issue matches.
  return Holds(keys.jti, keys.issue_time) ||
         (!keys.sid.empty() && Holds(keys.sid, keys.issue_time)) ||
         Holds(keys.sub, keys.issue_time) || Holds(keys.kid, keys.issue_time);
}

}  // namespace tokenforge::internal
