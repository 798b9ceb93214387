// KeyKeeper: holds the key set in memory, makes the first one, follows what other replicas store,
// and stores changes.
//
// Signing never waits for the store: readers take the snapshot that is there. Several replicas that
// start at once each make a set, and the store's compare-and-set lets one through; the others take
// that one, and so with every change. A stored value that is damaged, or sealed under a KEK that is
// not here, is never overwritten: at the start it is an error, later the keys in memory stay in
// use. A store that lost its last writes (a failover) is mended: what this replica knows and the
// store does not is put back, and where another replica has gone on from the older value the two
// are merged, so that no revocation is undone and no key that signed is lost.
//
// Refresh and Change run on one thread at a time (KeyCycle sees to it) and block: they make keys
// (an RSA key takes 50 to 500 ms) and wait for the store. Current is for all threads. Store,
// encryption and clock outlive it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "services/keys/key_changes.h"
#include "services/keys/key_maker.h"
#include "services/keys/key_set.h"
#include "services/keys/key_store.h"

namespace tokenforge::keys {

class KeyKeeper {
 public:
  struct Options {
    jose::Algorithm algorithm = jose::Algorithm::kRs256;  // of keys made from now on
    std::chrono::milliseconds store_timeout{2'000};       // of one operation
  };
  // From the set before to the set after (key_changes.h); the same version means: leave it.
  using How = std::function<absl::StatusOr<KeySetRecord>(const KeySetRecord&, const MakeKey&)>;

  KeyKeeper(KeyStore& store, const KeyEncryption& encryption, const clock::Clock& clock,
            Options options)
      : store_(store),
        encryption_(encryption),
        clock_(clock),
        options_(options),
        maker_(options.algorithm, encryption) {}
  KeyKeeper(const KeyKeeper&) = delete;
  KeyKeeper& operator=(const KeyKeeper&) = delete;

  // Takes what is stored, or makes and stores the first set. DEPENDENCY_DOWN, OVERLOADED: the store
  // is away, try again. Anything else needs an operator, and the message says what is wrong.
  absl::Status Refresh();

  // Stores what `how` makes of the set, and takes it into use. When another replica was faster,
  // begins anew with what that one stored. Errors: those of `how` and of Refresh; after
  // DEPENDENCY_DOWN the change may have happened, and a later Refresh tells. `reason` is for the
  // log.
  absl::StatusOr<std::shared_ptr<const KeySet>> Change(const How& how, std::string_view reason);

  // The keys to use now; null before the first successful Refresh.
  std::shared_ptr<const KeySet> Current() const;

  // Called on the refreshing thread after each new set is in use. Set before threads start.
  void OnNewSet(std::function<void()> hook) { on_new_set_ = std::move(hook); }

  KeyMaker& maker() { return maker_; }
  const KeyEncryption& encryption() const { return encryption_; }

 private:
  absl::StatusOr<KeySetRecord> Read(const StoredValue& stored) const;
  absl::Status Take(const StoredValue& stored);
  absl::Status TakeWinner();
  absl::Status MakeFirst();
  absl::Status PutBack(const std::optional<StoredValue>& stored, const KeySet& ours);
  absl::Status Merge(const StoredValue& stored, const KeySetRecord& base, const KeySetRecord& other,
                     bool adopt_unknown);
  absl::StatusOr<bool> Replace(std::uint64_t expected, KeySetRecord next, std::string_view reason);
  void Adopt(std::shared_ptr<const KeySet> set, std::string value, std::string_view reason);
  clock::SteadyTime Deadline() const;
  Time Now() const;

  KeyStore& store_;
  const KeyEncryption& encryption_;
  const clock::Clock& clock_;
  const Options options_;
  KeyMaker maker_;
  std::function<void()> on_new_set_;
  std::string value_;  // as stored, of the set in use; of the refreshing thread
  mutable sync::Mutex mutex_;
  std::shared_ptr<const KeySet> current_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::keys
