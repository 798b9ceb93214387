// KeySet: the keys as they are used now: an immutable snapshot, opened and parsed, swapped under
// its readers.
//
// Only a complete set becomes one: exactly one active key, every private key opened and proven to
// be the key that its record says. Thread-safe; copies of its shared_ptr are what callers hold
// while they sign.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/jose/public_key.h"
#include "lib/jose/signer.h"
#include "services/keys/key_record.h"

namespace tokenforge::keys {

class KeySet {
 public:
  struct Key {
    KeyRecord record;
    jose::PublicKey public_key;
  };

  // FAILED_PRECONDITION, DATA_LOSS: as KeyEncryption::Open; or the set has not exactly one active
  // key, two next ones, a kid twice, or more than 64 keys.
  static absl::StatusOr<std::shared_ptr<const KeySet>> Open(KeySetRecord record,
                                                            const KeyEncryption& encryption);

  std::uint64_t version() const { return version_; }
  const jose::Signer& active() const { return active_; }
  // The keys that verifiers should trust: next, active and retired; RFC 7517.
  const std::string& jwks() const { return jwks_; }
  // All of them, newest first; of keys made at the same time, by kid.
  const std::vector<Key>& keys() const { return keys_; }
  // Null when there is no such key.
  const Key* Find(std::string_view kid) const;
  KeySetRecord ToRecord() const;

 private:
  KeySet(std::uint64_t version, std::vector<Key> keys, jose::Signer active, std::string jwks)
      : version_(version),
        keys_(std::move(keys)),
        active_(std::move(active)),
        jwks_(std::move(jwks)) {}

  const std::uint64_t version_;
  const std::vector<Key> keys_;
  const jose::Signer active_;
  const std::string jwks_;
};

}  // namespace tokenforge::keys
