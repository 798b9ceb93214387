// KeyMaker: makes signing keys, and keeps a few ahead.
//
// Why ahead: an RSA key takes 50 to 500 ms, and the day on which every key is revoked wants two at
// once. Spares are in memory only, sealed; no store has ever seen them. Thread-safe. Making blocks:
// on threads of our own, never on gRPC's. The encryption outlives it.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "lib/sync/mutex.h"
#include "services/keys/key_encryption.h"
#include "services/keys/key_record.h"

namespace tokenforge::keys {

class KeyMaker {
 public:
  static constexpr std::size_t kSpares = 2;  // what revoking every key needs

  KeyMaker(jose::Algorithm algorithm, const KeyEncryption& encryption)
      : algorithm_(algorithm), encryption_(encryption) {}

  // A key that was in no set: kid, algorithm and the sealed private key. A spare, or made now.
  absl::StatusOr<KeyRecord> Take();
  // One that was taken and certainly reached no store.
  void GiveBack(KeyRecord key);
  // Makes one spare if any is missing. False when there was nothing to do, or making failed.
  bool Refill();

 private:
  absl::StatusOr<KeyRecord> Make() const;

  const jose::Algorithm algorithm_;
  const KeyEncryption& encryption_;
  sync::Mutex mutex_;
  std::vector<KeyRecord> spares_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::keys
