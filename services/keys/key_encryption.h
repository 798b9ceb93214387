// Key-encryption keys (KEK): what private signing keys and the key set are sealed with at rest.
//
// They come from a mounted file and are known to no store: whoever reads or writes Redis can
// neither read a private key nor put one there. The first key of the file seals, all of them open,
// so that a KEK is changed by adding the new one in front and removing the old one once everything
// was sealed anew. Immutable after construction; thread-safe.
#pragma once

#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/secret/digest.h"
#include "lib/secret/secret.h"

namespace tokenforge::keys {

// AES-256-GCM: `bytes` are the ciphertext and its 16-byte tag.
struct Sealed {
  std::string kek_id;
  std::string nonce;  // 96 random bits
  std::string bytes;
};

class KeyEncryption {
 public:
  // Reads a file of lines `id:base64-of-32-bytes` (a blank may stand for the colon); empty lines
  // and lines beginning with # are skipped. An id is 1 to 64 of [A-Za-z0-9._-]. INVALID_FIELD
  // naming every bad line by number, or an id that is there twice, or a file without a key; never
  // with a byte of a key.
  static absl::StatusOr<KeyEncryption> FromFile(const std::string& path);
  static absl::StatusOr<KeyEncryption> FromText(const secret::Secret& text,
                                                const std::string& name);

  // Seals under the first key. `bound` (the associated data) must be given again to open.
  absl::StatusOr<Sealed> Seal(const secret::Secret& plain, std::string_view bound) const;

  // FAILED_PRECONDITION: no key of this id here. DATA_LOSS: damaged, bound to something else, or
  // sealed under another key of the same id. Messages are for operators and hold no secret.
  absl::StatusOr<secret::Secret> Open(const Sealed& sealed, std::string_view bound) const;

  // A MAC under a key derived from the KEK of this id, for what must not be changed but may be
  // read.
  const std::string& first_id() const { return keys_.front()->id; }
  absl::StatusOr<std::string> Authenticate(std::string_view text, std::string_view kek_id) const;
  absl::Status CheckAuthentic(std::string_view text, std::string_view kek_id,
                              std::string_view mac) const;

 private:
  struct Key {
    std::string id;
    secret::Secret bytes;  // 32
    secret::HmacKey mac;
  };
  absl::StatusOr<const Key*> Find(std::string_view id) const;
  static absl::StatusOr<Key> ParseLine(std::string_view line);

  std::vector<std::shared_ptr<const Key>> keys_;
};

}  // namespace tokenforge::keys
