#include "lib/sealing/sealing_keys.h"

#include <openssl/err.h>
#include <openssl/evp.h>

#include <algorithm>
#include <span>
#include <utility>

#include "absl/strings/escaping.h"
#include "lib/errors/errors.h"
#include "lib/secret/file.h"
#include "lib/secret/random.h"

namespace tokenforge::sealing {
namespace {

constexpr size_t kKeyBytes = 32;
constexpr size_t kNonceBytes = 12;
constexpr size_t kTagBytes = 16;

struct FreeContext {
  void operator()(EVP_CIPHER_CTX* context) const { EVP_CIPHER_CTX_free(context); }
};
using Context = std::unique_ptr<EVP_CIPHER_CTX, FreeContext>;

const unsigned char* Bytes(std::string_view text) {
  return reinterpret_cast<const unsigned char*>(text.data());
}
int Size(std::string_view text) { return static_cast<int>(text.size()); }

bool IsId(std::string_view text) {
  return !text.empty() && text.size() <= 64 && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_' || c == '-';
  });
}

std::string_view Trimmed(std::string_view text) {
  const size_t first = text.find_first_not_of(" \t\r");
  if (first == std::string_view::npos) return "";
  return text.substr(first, text.find_last_not_of(" \t\r") - first + 1);
}

// Standard base64 of exactly 32 bytes: 43 characters and one '='. Empty when it is not.
secret::Secret DecodeKey(std::string_view text) {
  if (text.size() != 44 || text.back() != '=' || text[42] == '=') return {};
  std::string bytes(33, '\0');
  auto* const out = reinterpret_cast<unsigned char*>(bytes.data());
  const bool good = EVP_DecodeBlock(out, Bytes(text), Size(text)) == 33;
  ERR_clear_error();
  bytes.resize(kKeyBytes);
  secret::Secret key = secret::Secret::Take(std::move(bytes));
  return good ? std::move(key) : secret::Secret();
}

absl::Status Failed() {
  ERR_clear_error();
  return absl::InternalError("AES-256-GCM failed in OpenSSL");
}

absl::Status Damaged(std::string_view key_id) {
  ERR_clear_error();
  return absl::DataLossError("does not open under the sealing key '" + std::string(key_id) +
                             "': it is damaged, or the file holds another key of that name");
}

}  // namespace

std::string Sealed::ToText() const {
  std::string text = key_id + ".";
  return text + absl::WebSafeBase64Escape(nonce) + "." + absl::WebSafeBase64Escape(bytes);
}

std::optional<Sealed> Sealed::FromText(std::string_view text) {
  const size_t second = text.rfind('.');
  if (second == std::string_view::npos || second == 0) return std::nullopt;
  const size_t first = text.rfind('.', second - 1);
  if (first == std::string_view::npos || first == 0) return std::nullopt;
  Sealed sealed{std::string(text.substr(0, first)), "", ""};
  const std::string nonce(text.substr(first + 1, second - first - 1));
  const std::string bytes(text.substr(second + 1));
  if (!absl::WebSafeBase64Unescape(nonce, &sealed.nonce) ||
      !absl::WebSafeBase64Unescape(bytes, &sealed.bytes)) {
    return std::nullopt;
  }
  return sealed;
}

absl::StatusOr<SealingKeys::Key> SealingKeys::ParseLine(std::string_view line) {
  const size_t end = line.find_first_of(": \t");
  if (end == std::string_view::npos || !IsId(line.substr(0, end))) {
    return absl::InvalidArgumentError("must be id:base64, the id 1 to 64 of A-Z a-z 0-9 . _ -");
  }
  secret::Secret bytes = DecodeKey(Trimmed(line.substr(end + 1)));
  if (bytes.empty()) {
    return absl::InvalidArgumentError(
        "must hold exactly 32 bytes in base64; `openssl rand -base64 32` makes them");
  }
  return Key{std::string(line.substr(0, end)), std::move(bytes)};
}

absl::StatusOr<SealingKeys> SealingKeys::FromFile(const std::string& path) {
  const absl::StatusOr<secret::Secret> text = secret::ReadFile(path);
  if (!text.ok()) return text.status();
  return FromText(*text, path);
}

absl::StatusOr<SealingKeys> SealingKeys::FromText(const secret::Secret& text,
                                                  const std::string& name) {
  SealingKeys keys;
  std::vector<errors::FieldFault> faults;
  std::string_view rest = text.Expose();
  for (int number = 1; !rest.empty(); ++number) {
    const size_t end = std::min(rest.find('\n'), rest.size());
    const std::string_view line = Trimmed(rest.substr(0, end));
    rest.remove_prefix(std::min(end + 1, rest.size()));
    if (line.empty() || line.front() == '#') continue;
    const std::string place = name + " line " + std::to_string(number);
    absl::StatusOr<Key> key = ParseLine(line);
    if (!key.ok()) {
      faults.push_back({place, std::string(key.status().message())});
    } else if (keys.Find(key->id).ok()) {
      faults.push_back({place, "names the id '" + key->id + "' a second time"});
    } else {
      keys.keys_.push_back(std::make_shared<const Key>(*std::move(key)));
    }
  }
  if (faults.empty() && keys.keys_.empty()) faults.push_back({name, "holds no key"});
  if (!faults.empty()) return errors::InvalidFields(faults);
  return keys;
}

absl::StatusOr<const SealingKeys::Key*> SealingKeys::Find(std::string_view id) const {
  for (const auto& key : keys_) {
    if (key->id == id) return key.get();
  }
  return absl::FailedPreconditionError("is sealed under the key '" + std::string(id) +
                                       "', which the key file does not hold; add it back");
}

absl::StatusOr<Sealed> SealingKeys::Seal(const secret::Secret& plain,
                                         std::string_view bound) const {
  const Key& key = *keys_.front();
  const std::string_view text = plain.Expose();
  Sealed sealed{key.id, secret::RandomBytes(kNonceBytes),
                std::string(text.size() + kTagBytes, '\0')};
  auto* const out = reinterpret_cast<unsigned char*>(sealed.bytes.data());
  const Context context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (!context ||
      EVP_EncryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes(key.bytes.Expose()),
                         Bytes(sealed.nonce)) != 1 ||
      EVP_EncryptUpdate(context.get(), nullptr, &size, Bytes(bound), Size(bound)) != 1 ||
      EVP_EncryptUpdate(context.get(), out, &size, Bytes(text), Size(text)) != 1 ||
      EVP_EncryptFinal_ex(context.get(), out + size, &size) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_GET_TAG, kTagBytes, out + text.size()) !=
          1) {
    return Failed();
  }
  return sealed;
}

absl::StatusOr<secret::Secret> SealingKeys::Open(const Sealed& sealed,
                                                 std::string_view bound) const {
  const absl::StatusOr<const Key*> key = Find(sealed.key_id);
  if (!key.ok()) return key.status();
  if (sealed.nonce.size() != kNonceBytes || sealed.bytes.size() < kTagBytes) {
    return Damaged(sealed.key_id);
  }
  const std::string_view text(sealed.bytes.data(), sealed.bytes.size() - kTagBytes);
  std::string tag = sealed.bytes.substr(text.size());
  std::string plain(text.size(), '\0');
  auto* const out = reinterpret_cast<unsigned char*>(plain.data());
  const Context context(EVP_CIPHER_CTX_new());
  int size = 0;
  if (!context ||
      EVP_DecryptInit_ex(context.get(), EVP_aes_256_gcm(), nullptr, Bytes((*key)->bytes.Expose()),
                         Bytes(sealed.nonce)) != 1 ||
      EVP_DecryptUpdate(context.get(), nullptr, &size, Bytes(bound), Size(bound)) != 1 ||
      EVP_DecryptUpdate(context.get(), out, &size, Bytes(text), Size(text)) != 1 ||
      EVP_CIPHER_CTX_ctrl(context.get(), EVP_CTRL_AEAD_SET_TAG, kTagBytes, tag.data()) != 1) {
    secret::Wipe(plain);
    return Failed();
  }
  const bool genuine = EVP_DecryptFinal_ex(context.get(), out + size, &size) == 1;
  secret::Secret opened = secret::Secret::Take(std::move(plain));
  if (!genuine) return Damaged(sealed.key_id);
  return opened;
}

absl::StatusOr<secret::HmacKey> SealingKeys::DeriveMacKey(std::string_view id,
                                                          std::string_view purpose) const {
  const absl::StatusOr<const Key*> key = Find(id);
  if (!key.ok()) return key.status();
  const secret::Digest derived = secret::HmacKey((*key)->bytes).Sign(purpose);
  return secret::HmacKey(secret::Secret(secret::AsBytes(derived)));
}

}  // namespace tokenforge::sealing
