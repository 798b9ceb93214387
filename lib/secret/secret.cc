#include "lib/secret/secret.h"

#include <openssl/crypto.h>

#include <algorithm>
#include <utility>

namespace tokenforge::secret {

Secret::Secret(std::string_view bytes)
    : bytes_(bytes.empty() ? nullptr : new char[bytes.size()]), size_(bytes.size()) {
  std::copy(bytes.begin(), bytes.end(), bytes_.get());
}

Secret Secret::Take(std::string&& bytes) {
  Secret taken{std::string_view(bytes)};
  secret::Wipe(bytes);
  return taken;
}

Secret::~Secret() { Wipe(); }

Secret::Secret(Secret&& other) noexcept
    : bytes_(std::move(other.bytes_)), size_(std::exchange(other.size_, 0)) {}

Secret& Secret::operator=(Secret&& other) noexcept {
  if (this != &other) {
    Wipe();
    bytes_ = std::move(other.bytes_);
    size_ = std::exchange(other.size_, 0);
  }
  return *this;
}

bool Secret::Equals(std::string_view other) const { return ConstantTimeEquals(Expose(), other); }

void Secret::Wipe() noexcept {
  if (bytes_ != nullptr) OPENSSL_cleanse(bytes_.get(), size_);
  bytes_.reset();
  size_ = 0;
}

bool ConstantTimeEquals(std::string_view a, std::string_view b) {
  return a.size() == b.size() && (a.empty() || CRYPTO_memcmp(a.data(), b.data(), a.size()) == 0);
}

void Wipe(std::string& bytes) {
  // The whole capacity: bytes beyond the size may be what an earlier, longer value left.
  bytes.resize(bytes.capacity());
  if (!bytes.empty()) OPENSSL_cleanse(bytes.data(), bytes.size());
  bytes.clear();
}

}  // namespace tokenforge::secret
