#include "interceptors/token_hash.h"

#include <algorithm>
#include <cstring>

#include "lib/secret/random.h"

namespace tokenforge::internal {
namespace {

// Characters of the signature that are hashed: 24 bytes that its maker cannot choose freely.
constexpr std::size_t kTail = 32;

std::uint64_t Mix(std::uint64_t a, std::uint64_t b) {
  __extension__ using Wide = unsigned __int128;
  const Wide product = static_cast<Wide>(a) * b;
  return static_cast<std::uint64_t>(product) ^ static_cast<std::uint64_t>(product >> 64);
}

}  // namespace

TokenHash::TokenHash() {
  secret::Fill({reinterpret_cast<unsigned char*>(key_.data()), sizeof(key_)});
}

std::uint64_t TokenHash::operator()(std::string_view token) const {
  std::array<std::uint64_t, kTail / 8> words{};
  const std::size_t bytes = std::min(token.size(), kTail);
  std::memcpy(words.data(), token.data() + token.size() - bytes, bytes);
  return Mix(Mix(words[0] ^ key_[0], words[1] ^ key_[1]) ^ key_[2],
             Mix(words[2] ^ key_[2], words[3] ^ key_[3]) ^ key_[0]);
}

}  // namespace tokenforge::internal
