#include "services/sessions/revocation_feed.h"

#include <charconv>

#include "lib/uuid/uuid.h"

namespace tokenforge::sessions {

RevocationFeed::RevocationFeed() : epoch_(uuid::NewId()) {}

void RevocationFeed::Apply(std::span<const Revocation> revocations, Time now) {
  bool news = false;
  {
    const sync::MutexLock lock(&mutex_);
    DropEnded(now);
    for (const Revocation& each : revocations) {
      if (each.end > now && AddOne(each)) news = true;
    }
  }
  if (news) Tell();
}

// False when as much is known already. What is known and now reaches further is news.
bool RevocationFeed::AddOne(const Revocation& revocation) {
  const auto [known, is_new] = by_subject_.try_emplace({revocation.kind, revocation.id}, 0);
  Revocation merged = revocation;
  if (!is_new) {
    const auto old = by_version_.find(known->second);
    merged.end = std::max(merged.end, old->second.end);
    merged.issued_before = std::max(merged.issued_before, old->second.issued_before);
    if (merged == old->second) return false;
    by_end_.erase({old->second.end, old->first});
    by_version_.erase(old);
  }
  known->second = ++version_;
  by_end_.insert({merged.end, version_});
  by_version_.emplace(version_, std::move(merged));
  return true;
}

void RevocationFeed::DropEnded(Time now) {
  while (!by_end_.empty() && by_end_.begin()->first <= now) {
    const auto found = by_version_.find(by_end_.begin()->second);
    by_subject_.erase({found->second.kind, found->second.id});
    by_version_.erase(found);
    by_end_.erase(by_end_.begin());
  }
}

void RevocationFeed::SetComplete() {
  {
    const sync::MutexLock lock(&mutex_);
    if (complete_) return;
    complete_ = true;
  }
  Tell();
}

void RevocationFeed::Pulse() {
  {
    const sync::MutexLock lock(&mutex_);
    ++pulse_;
  }
  Tell();
}

std::optional<RevocationFeed::News> RevocationFeed::Since(std::string_view cursor,
                                                          size_t at_most) const {
  const sync::MutexLock lock(&mutex_);
  if (!complete_) return std::nullopt;
  News news;
  news.pulse = pulse_;
  uint64_t after = 0;
  const bool ours = cursor.size() > epoch_.size() && cursor.starts_with(epoch_);
  if (ours) {
    const std::string_view number = cursor.substr(epoch_.size() + 1);
    std::from_chars(number.data(), number.data() + number.size(), after);
  }
  news.snapshot = !ours;
  uint64_t last = after;
  auto next = by_version_.upper_bound(after);
  for (; next != by_version_.end() && news.revocations.size() < at_most; ++next) {
    news.revocations.push_back(next->second);
    last = next->first;
  }
  news.more = next != by_version_.end();
  news.cursor = epoch_ + "." + std::to_string(news.more ? last : version_);
  return news;
}

size_t RevocationFeed::live() const {
  const sync::MutexLock lock(&mutex_);
  return by_version_.size();
}

}  // namespace tokenforge::sessions
