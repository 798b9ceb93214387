#include "interceptors/token_cache.h"

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

TokenCache::TokenCache(std::size_t capacity) : sets_((capacity + kWays - 1) / kWays) {
  secret::Fill({reinterpret_cast<unsigned char*>(key_.data()), sizeof(key_)});
}

std::uint64_t TokenCache::HashOf(std::string_view token) const {
  std::array<std::uint64_t, kTail / 8> words{};
  const std::size_t bytes = std::min(token.size(), kTail);
  std::memcpy(words.data(), token.data() + token.size() - bytes, bytes);
  return Mix(Mix(words[0] ^ key_[0], words[1] ^ key_[1]) ^ key_[2],
             Mix(words[2] ^ key_[2], words[3] ^ key_[3]) ^ key_[0]);
}

std::shared_ptr<const VerifiedToken> TokenCache::Find(std::string_view token) {
  if (sets_.empty()) return nullptr;
  const std::uint64_t hash = HashOf(token);
  const std::size_t index = hash % sets_.size();
  Set& set = sets_[index];
  std::shared_ptr<const VerifiedToken> found;
  {
    sync::MutexLock lock(&stripes_[index % stripes_.size()].mutex);
    for (std::size_t i = 0; i < kWays; ++i) {
      if (set.hashes[i] != hash || set.tokens[i] == nullptr) continue;
      set.used |= static_cast<std::uint8_t>(1u << i);
      found = set.tokens[i];
      break;
    }
  }
  // Compared outside the lock. Hashing alike is not being alike.
  return found != nullptr && found->token == token ? found : nullptr;
}

// The hand goes round: what was found since it last came by is spared once.
std::size_t TokenCache::SlotToGiveAway(Set& set) {
  for (std::size_t i = 0; i < kWays; ++i) {
    if (set.tokens[i] == nullptr) return i;
  }
  while (true) {
    const std::size_t slot = set.hand;
    const auto bit = static_cast<std::uint8_t>(1u << slot);
    set.hand = static_cast<std::uint8_t>((slot + 1) % kWays);
    if ((set.used & bit) == 0) return slot;
    set.used &= static_cast<std::uint8_t>(~bit);
  }
}

void TokenCache::Insert(std::shared_ptr<const VerifiedToken> token) {
  if (sets_.empty()) return;
  const std::uint64_t hash = HashOf(token->token);
  const std::size_t index = hash % sets_.size();
  Set& set = sets_[index];
  std::shared_ptr<const VerifiedToken> leaving;  // freed after the lock
  sync::MutexLock lock(&stripes_[index % stripes_.size()].mutex);
  for (std::size_t i = 0; i < kWays; ++i) {
    // Two calls verified the same token at once, or two tokens hash alike: one slot is enough.
    if (set.tokens[i] != nullptr && set.hashes[i] == hash) {
      leaving = std::exchange(set.tokens[i], std::move(token));
      return;
    }
  }
  const std::size_t slot = SlotToGiveAway(set);
  leaving = std::exchange(set.tokens[slot], std::move(token));
  if (leaving == nullptr) size_.fetch_add(1, std::memory_order_relaxed);
  set.hashes[slot] = hash;
}

void TokenCache::Erase(const VerifiedToken& token) {
  if (sets_.empty()) return;
  const std::uint64_t hash = HashOf(token.token);
  const std::size_t index = hash % sets_.size();
  Set& set = sets_[index];
  std::shared_ptr<const VerifiedToken> leaving;
  sync::MutexLock lock(&stripes_[index % stripes_.size()].mutex);
  for (std::size_t i = 0; i < kWays; ++i) {
    if (set.tokens[i].get() != &token) continue;
    leaving = std::move(set.tokens[i]);
    size_.fetch_sub(1, std::memory_order_relaxed);
  }
}

}  // namespace tokenforge::internal
