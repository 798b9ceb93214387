// TrustJournal: what the last changes of a TrustState were, so that a guard that has an older state
// is sent only what is new.
//
// A ring: one step for each version, the oldest forgotten when it is full. Whoever has a state from
// before the oldest step needs a snapshot. It also remembers which cursors stand for which
// versions, and since which version each key set has been in force; both are bounded too.
//
// Not thread-safe: part of a TrustState.
#pragma once

#include <cstdint>
#include <deque>
#include <optional>
#include <string>
#include <vector>

#include "absl/container/flat_hash_map.h"
#include "tokenforge/auth/v1/trust.pb.h"

namespace tokenforge::auth {

class TrustJournal {
 public:
  // `capacity` in steps, at least 1.
  explicit TrustJournal(std::size_t capacity) : capacity_(capacity) {}

  // The step that made the next version; the first made version 1.
  void AddKeys(std::uint64_t keys_version);
  void AddRevocation(const v1::Revocation& revocation);
  void AddNothing();  // a version that tells guards nothing: revocations ended

  // Keys as they were came again under a newer version: whoever has them has that version.
  void RenameKeys(std::uint64_t keys_version);

  std::uint64_t version() const { return version_; }

  // Whether every step after this version is still here.
  bool Reaches(std::uint64_t version) const {
    return version <= version_ && version >= version_ - steps_.size();
  }
  // Appends the revocations of the steps after a version that it reaches; true when keys changed
  // among them.
  bool TellSince(std::uint64_t version,
                 google::protobuf::RepeatedPtrField<v1::Revocation>& revocations) const;

  // A cursor that was handed out for the present version.
  void NoteCursor(const std::string& cursor);
  // The newest version that a cursor stands for, when it is remembered.
  std::optional<std::uint64_t> VersionOf(const std::string& cursor) const;

  // The key set of a state: its version in the keys service; 0 when that is too long ago.
  std::uint64_t KeysVersionAt(std::uint64_t version) const;
  // The first version that has the present keys.
  std::uint64_t keys_since() const { return keys_.empty() ? 0 : keys_.back().since; }
  std::uint64_t keys_version() const { return keys_.empty() ? 0 : keys_.back().keys_version; }

 private:
  struct Step {
    bool keys = false;
    std::optional<v1::Revocation> revocation;
  };
  struct KeySet {
    std::uint64_t since;
    std::uint64_t keys_version;
  };
  void Add(Step step);

  const std::size_t capacity_;
  std::uint64_t version_ = 0;
  std::deque<Step> steps_;           // the last one made version_
  std::deque<KeySet> keys_;          // in order
  std::deque<std::string> cursors_;  // in the order they were noted
  absl::flat_hash_map<std::string, std::uint64_t> version_of_cursor_;
};

}  // namespace tokenforge::auth
