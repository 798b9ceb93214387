// KeyKeeper: holds the key set in memory, makes the first one, and follows what other replicas
// store.
//
// Signing never waits for the store: readers take the snapshot that is there. Several replicas that
// start at once each make a set, and the store's compare-and-set lets one through; the others take
// that one. A stored value that is damaged, or sealed under a KEK that is not here, is never
// overwritten: at the start it is an error, later the keys in memory stay in use. A store that lost
// its last writes (a failover) gets the newer set back from memory.
//
// Refresh runs on one thread at a time (the start, then the polling thread) and blocks: it
// generates keys (an RSA key takes 50 to 500 ms) and waits for the store. Current is for all
// threads. Store, encryption and clock outlive it.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <thread>

#include "absl/status/statusor.h"
#include "lib/clock/clock.h"
#include "lib/jose/private_key.h"
#include "lib/sync/mutex.h"
#include "services/keys/key_set.h"
#include "services/keys/key_store.h"

namespace tokenforge::keys {

class KeyKeeper {
 public:
  struct Options {
    jose::Algorithm algorithm = jose::Algorithm::kRs256;  // of keys made from now on
    std::chrono::milliseconds poll_interval{10'000};
    std::chrono::milliseconds store_timeout{2'000};  // of one operation
  };

  KeyKeeper(KeyStore& store, const KeyEncryption& encryption, const clock::Clock& clock,
            Options options)
      : store_(store), encryption_(encryption), clock_(clock), options_(options) {}
  ~KeyKeeper() { Stop(); }
  KeyKeeper(const KeyKeeper&) = delete;
  KeyKeeper& operator=(const KeyKeeper&) = delete;

  // Takes what is stored, or makes and stores the first set. DEPENDENCY_DOWN, OVERLOADED: the store
  // is away, try again. Anything else needs an operator, and the message says what is wrong.
  absl::Status Refresh();

  // Refreshes every poll_interval on a thread of its own, until Stop. What fails is logged when it
  // begins to fail.
  void StartPolling();
  void Stop();

  // The keys to use now; null before the first successful Refresh.
  std::shared_ptr<const KeySet> Current() const;

 private:
  absl::Status Take(const StoredValue& stored);
  absl::Status MakeFirst();
  absl::Status TakeWinner();
  absl::Status PutBack(std::uint64_t stored_version, const KeySet& ours);
  absl::StatusOr<KeyRecord> NewKey(KeyState state) const;
  absl::StatusOr<bool> Store(std::uint64_t expected, const KeySetRecord& next);
  void Adopt(std::shared_ptr<const KeySet> set);
  void Poll();
  clock::SteadyTime Deadline() const;

  KeyStore& store_;
  const KeyEncryption& encryption_;
  const clock::Clock& clock_;
  const Options options_;
  mutable sync::Mutex mutex_;
  sync::CondVar stop_or_time_;
  std::shared_ptr<const KeySet> current_ ABSL_GUARDED_BY(mutex_);
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::thread poller_;
};

}  // namespace tokenforge::keys
