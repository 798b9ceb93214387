#include "interceptors/token_cache.h"

#include <utility>

namespace tokenforge::internal {
TokenCache::TokenCache(std::size_t capacity) : sets_((capacity + kWays - 1) / kWays) {}

std::shared_ptr<const VerifiedToken> TokenCache::Find(std::string_view token) {
  if (sets_.empty()) return nullptr;
  const std::uint64_t hash = hash_(token);
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

void TokenCache::Insert(std::shared_ptr<const VerifiedToken> token, clock::WallTime end,
                        clock::WallTime now) {
  if (sets_.empty()) return;
  Put(std::move(token), end);
  for (std::size_t i = 0; i < kSwept; ++i) SweepNext(now);
}

void TokenCache::SweepNext(clock::WallTime now) {
  const std::size_t index = next_swept_.fetch_add(1, std::memory_order_relaxed) % sets_.size();
  Set& set = sets_[index];
  std::array<std::shared_ptr<const VerifiedToken>, kWays> leaving;  // freed after the lock
  sync::MutexLock lock(&stripes_[index % stripes_.size()].mutex);
  for (std::size_t i = 0; i < kWays; ++i) {
    if (set.ends[i] > now || set.tokens[i] == nullptr) continue;
    leaving[i] = std::move(set.tokens[i]);
    size_.fetch_sub(1, std::memory_order_relaxed);
  }
}

void TokenCache::Put(std::shared_ptr<const VerifiedToken> token, clock::WallTime end) {
  const std::uint64_t hash = hash_(token->token);
  const std::size_t index = hash % sets_.size();
  Set& set = sets_[index];
  std::shared_ptr<const VerifiedToken> leaving;  // freed after the lock
  sync::MutexLock lock(&stripes_[index % stripes_.size()].mutex);
  for (std::size_t i = 0; i < kWays; ++i) {
    // Two calls verified the same token at once, or two tokens hash alike: one slot is enough.
    if (set.tokens[i] != nullptr && set.hashes[i] == hash) {
      leaving = std::exchange(set.tokens[i], std::move(token));
      set.ends[i] = end;
      return;
    }
  }
  const std::size_t slot = SlotToGiveAway(set);
  leaving = std::exchange(set.tokens[slot], std::move(token));
  if (leaving == nullptr) size_.fetch_add(1, std::memory_order_relaxed);
  set.hashes[slot] = hash;
  set.ends[slot] = end;
}

void TokenCache::Erase(const VerifiedToken& token) {
  if (sets_.empty()) return;
  const std::uint64_t hash = hash_(token.token);
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
