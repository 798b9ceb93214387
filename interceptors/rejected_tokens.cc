#include "interceptors/rejected_tokens.h"

#include <utility>

namespace tokenforge::internal {

std::optional<Verdict> RejectedTokens::Find(std::string_view token) {
  if (!used_.load(std::memory_order_relaxed)) return std::nullopt;
  const std::size_t index = hash_(token) % kSlots;
  sync::MutexLock lock(&stripes_[index % stripes_.size()].mutex);
  const Slot& slot = slots_[index];
  if (slot.token.empty() || slot.token != token) return std::nullopt;
  return slot.verdict;
}

void RejectedTokens::Insert(std::string_view token, const Verdict& verdict) {
  if (token.empty() || token.size() > kMostBytes) return;
  used_.store(true, std::memory_order_relaxed);
  const std::size_t index = hash_(token) % kSlots;
  std::string text(token);  // allocated, and what leaves freed, outside the lock
  sync::MutexLock lock(&stripes_[index % stripes_.size()].mutex);
  std::swap(slots_[index].token, text);
  slots_[index].verdict = verdict;
}

}  // namespace tokenforge::internal
