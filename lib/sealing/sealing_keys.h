// Sealing keys: what secrets are encrypted with before they are put into a store.
//
// They come from a mounted file and are known to no store: whoever reads or writes the store can
// neither read a sealed secret nor put one of theirs there. The first key of the file seals, all of
// them open, so that a key is changed by adding the new one in front and removing the old one once
// nothing is sealed under it any more. Immutable after construction; thread-safe.
#pragma once

#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/secret/digest.h"
#include "lib/secret/secret.h"

namespace tokenforge::sealing {

// AES-256-GCM: `bytes` are the ciphertext and its 16-byte tag.
struct Sealed {
  std::string key_id;
  std::string nonce;  // 96 random bits
  std::string bytes;

  // The same as one line of text, for a store that keeps text: the three with dots between them,
  // nonce and bytes in base64url (a key's ID may hold dots; the others hold none).
  std::string ToText() const;
  // Nothing when the text is not of that form.
  static std::optional<Sealed> FromText(std::string_view text);
};

class SealingKeys {
 public:
  // Reads a file of lines `id:base64-of-32-bytes` (a blank may stand for the colon); empty lines
  // and lines beginning with # are skipped. An id is 1 to 64 of [A-Za-z0-9._-]. INVALID_FIELD
  // naming every bad line by number, or an id that is there twice, or a file without a key; never
  // with a byte of a key. Errors of secret::ReadFile.
  static absl::StatusOr<SealingKeys> FromFile(const std::string& path);
  static absl::StatusOr<SealingKeys> FromText(const secret::Secret& text, const std::string& name);

  // Seals under the first key. `bound` (the associated data) must be given again to open: name in
  // it what the secret is and whose, and it opens in no other place.
  absl::StatusOr<Sealed> Seal(const secret::Secret& plain, std::string_view bound) const;

  // FAILED_PRECONDITION: no key of this id here. DATA_LOSS: damaged, bound to something else, or
  // sealed under another key of the same id. Messages are for operators and hold no secret.
  absl::StatusOr<secret::Secret> Open(const Sealed& sealed, std::string_view bound) const;

  // The key that seals.
  const std::string& first_id() const { return keys_.front()->id; }

  // A MAC key for what must not be changed but may be read, derived from the key of this id for one
  // purpose: one key, one purpose (NIST SP 800-57, part 1, section 5.2). FAILED_PRECONDITION: no
  // key of this id here.
  absl::StatusOr<secret::HmacKey> DeriveMacKey(std::string_view id, std::string_view purpose) const;

 private:
  struct Key {
    std::string id;
    secret::Secret bytes;  // 32
  };
  absl::StatusOr<const Key*> Find(std::string_view id) const;
  static absl::StatusOr<Key> ParseLine(std::string_view line);

  std::vector<std::shared_ptr<const Key>> keys_;
};

}  // namespace tokenforge::sealing
