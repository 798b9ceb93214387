#include "services/keys/key_maker.h"

#include <utility>

#include "lib/jose/private_key.h"
#include "services/keys/key_set_codec.h"

namespace tokenforge::keys {

absl::StatusOr<KeyRecord> KeyMaker::Make() const {
  const auto key = jose::PrivateKey::Generate(algorithm_);
  if (!key.ok()) return key.status();
  absl::StatusOr<Sealed> sealed = SealKey(*key, encryption_);
  if (!sealed.ok()) return sealed.status();
  KeyRecord record;
  record.kid = key->kid();
  record.algorithm = key->algorithm();
  record.private_key = *std::move(sealed);
  return record;
}

absl::StatusOr<KeyRecord> KeyMaker::Take() {
  {
    const sync::MutexLock lock(&mutex_);
    if (!spares_.empty()) {
      KeyRecord spare = std::move(spares_.back());
      spares_.pop_back();
      return spare;
    }
  }
  return Make();
}

void KeyMaker::GiveBack(KeyRecord key) {
  const sync::MutexLock lock(&mutex_);
  if (spares_.size() < kSpares) spares_.push_back(std::move(key));
}

bool KeyMaker::Refill() {
  {
    const sync::MutexLock lock(&mutex_);
    if (spares_.size() >= kSpares) return false;
  }
  absl::StatusOr<KeyRecord> key = Make();
  if (!key.ok()) return false;
  GiveBack(*std::move(key));
  return true;
}

}  // namespace tokenforge::keys
