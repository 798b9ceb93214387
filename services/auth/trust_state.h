// TrustState: the keys and revocations that the suite's guards should believe in now; the rule,
// without locks or calls.
//
// Revocations are only ever added, never withdrawn: one matters until its end_time, so what came
// first from a revoking call and what comes later from the feed may arrive in any order. Ended ones
// are forgotten in steps of a whole minute: replicas with the same state then agree, and guards are
// not sent a new snapshot for each one that ends. Each change is a version and a step in a journal
// (trust_journal.h), out of which guards that have an older state are told what is new.
//
// Not thread-safe: one owner (TrustHub). Time is an argument.
#pragma once

#include <array>
#include <cstdint>
#include <memory>
#include <optional>
#include <string>

#include "absl/container/flat_hash_map.h"
#include "lib/clock/clock.h"
#include "services/auth/trust_journal.h"
#include "tokenforge/auth/v1/trust.pb.h"

namespace tokenforge::auth {

class TrustState {
 public:
  static constexpr std::size_t kJournalSteps = 8192;

  explicit TrustState(std::string issuer, std::size_t journal_steps = kJournalSteps)
      : issuer_(std::move(issuer)), journal_(journal_steps) {}

  // Replaces the key set. True when it is another one.
  bool SetKeys(std::uint64_t keys_version, const std::string& jwks);

  // True when it is new: unknown so far and not ended. One without an end or a subject is not
  // taken.
  bool Add(const v1::Revocation& revocation, clock::WallTime now);

  // From now on the feed of revocations is known to have told everything until then.
  void SetRevocationsKnown();

  // The present state: the same object as long as nothing changes. Null until keys and revocations
  // are known. Its cursor is a digest of its content: two replicas that believe the same have the
  // same cursor.
  std::shared_ptr<const v1::TrustSnapshot> Snapshot(clock::WallTime now);

  // What is new after a version, with the cursor of the present state; also when that is nothing.
  // Absent when only a snapshot can tell: nothing is known yet, or the version is not of this
  // state's, or too old.
  std::optional<v1::WatchTrustResponse::Change> ChangeSince(std::uint64_t version,
                                                            clock::WallTime now);

  // The version that a cursor of this state's stands for; absent for any other.
  std::optional<std::uint64_t> VersionOf(const std::string& cursor, clock::WallTime now);

  // Drops what has ended by now, in whole minutes; every question does so by itself.
  void Forget(clock::WallTime now);

  // Grows by one with each change.
  std::uint64_t version() const { return journal_.version(); }
  bool Known() const { return !jwks_.empty() && revocations_known_; }
  const TrustJournal& journal() const { return journal_; }
  std::size_t live_revocations() const { return revocations_.size(); }

 private:
  using Fingerprint = std::array<std::uint64_t, 4>;
  struct Entry {
    v1::Revocation revocation;
    Fingerprint fingerprint;
  };
  void Changed();
  const std::string& Cursor();

  const std::string issuer_;
  TrustJournal journal_;
  std::string jwks_;
  std::string jwks_digest_;
  bool revocations_known_ = false;
  absl::flat_hash_map<std::string, Entry> revocations_;  // by what they revoke
  Fingerprint sum_{};                 // of all entries, lane by lane: independent of their order
  std::int64_t forgotten_until_ = 0;  // minutes since 1970
  std::string cursor_;                // of the present state; empty until it is known
  std::shared_ptr<const v1::TrustSnapshot> snapshot_;
};

}  // namespace tokenforge::auth
