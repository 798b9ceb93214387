#include "services/auth/trust_journal.h"

#include <utility>

namespace tokenforge::auth {
namespace {

constexpr std::size_t kMaxKeySets = 256;   // months of rotations, hours of a test that rotates
constexpr std::size_t kMaxCursors = 8192;  // guards reconnect within seconds

}  // namespace

void TrustJournal::AddKeys(std::uint64_t keys_version) {
  Add({.keys = true, .revocation = std::nullopt});
  keys_.push_back({version_, keys_version});
  if (keys_.size() > kMaxKeySets) keys_.pop_front();
}

void TrustJournal::AddRevocation(const v1::Revocation& revocation) {
  Add({.keys = false, .revocation = revocation});
}

void TrustJournal::AddNothing() { Add({}); }

void TrustJournal::RenameKeys(std::uint64_t keys_version) {
  if (!keys_.empty()) keys_.back().keys_version = keys_version;
}

void TrustJournal::Add(Step step) {
  ++version_;
  steps_.push_back(std::move(step));
  if (steps_.size() > capacity_) steps_.pop_front();
}

bool TrustJournal::TellSince(
    std::uint64_t version, google::protobuf::RepeatedPtrField<v1::Revocation>& revocations) const {
  bool keys = false;
  for (std::size_t i = steps_.size() - (version_ - version); i < steps_.size(); ++i) {
    keys = keys || steps_[i].keys;
    if (steps_[i].revocation) *revocations.Add() = *steps_[i].revocation;
  }
  return keys;
}

void TrustJournal::NoteCursor(const std::string& cursor) {
  const auto [place, fresh] = version_of_cursor_.insert_or_assign(cursor, version_);
  if (!fresh) return;  // the state is as it was before: it keeps its place in the order
  cursors_.push_back(cursor);
  if (cursors_.size() <= kMaxCursors) return;
  version_of_cursor_.erase(cursors_.front());
  cursors_.pop_front();
}

std::optional<std::uint64_t> TrustJournal::VersionOf(const std::string& cursor) const {
  const auto found = version_of_cursor_.find(cursor);
  if (found == version_of_cursor_.end()) return std::nullopt;
  return found->second;
}

std::uint64_t TrustJournal::KeysVersionAt(std::uint64_t version) const {
  for (auto keys = keys_.rbegin(); keys != keys_.rend(); ++keys) {
    if (keys->since <= version) return keys->keys_version;
  }
  return 0;
}

}  // namespace tokenforge::auth
