#include "services/auth/guard_registry.h"

#include <utility>

namespace tokenforge::auth {

void GuardRegistry::OnChange(std::function<void()> listener) { listener_ = std::move(listener); }

GuardRegistry::Id GuardRegistry::Add(GuardInfo info, std::uint64_t applied) {
  Id id = 0;
  {
    const sync::MutexLock lock(&mutex_);
    id = ++last_id_;
    guards_.emplace(id, Guard{std::move(info), applied});
    ++versions_[applied];
  }
  Tell({});
  return id;
}

void GuardRegistry::Applied(Id id, std::uint64_t version) {
  Ready ready;
  {
    const sync::MutexLock lock(&mutex_);
    const auto found = guards_.find(id);
    if (found == guards_.end() || version <= found->second.applied) return;
    Forget(found->second.applied);
    found->second.applied = version;
    ++versions_[version];
    ready = TakeReady();
  }
  Tell(ready);
}

void GuardRegistry::Remove(Id id) {
  Ready ready;
  {
    const sync::MutexLock lock(&mutex_);
    const auto found = guards_.find(id);
    if (found == guards_.end()) return;
    Forget(found->second.applied);
    guards_.erase(found);
    ready = TakeReady();
  }
  Tell(ready);
}

GuardCount GuardRegistry::Count(std::uint64_t version) const {
  const sync::MutexLock lock(&mutex_);
  GuardCount count;
  count.connected = static_cast<std::int32_t>(guards_.size());
  const std::int32_t behind = BehindLocked(version);
  count.applied = count.connected - behind;
  count.least_version = versions_.empty() ? 0 : versions_.begin()->first;
  if (behind == 0) return count;
  for (const auto& [id, guard] : guards_) {
    if (guard.applied >= version) continue;
    count.behind.push_back(guard.info.guard_id);
    if (count.behind.size() == kMaxBehind) break;
  }
  return count;
}

std::int32_t GuardRegistry::connected() const {
  const sync::MutexLock lock(&mutex_);
  return static_cast<std::int32_t>(guards_.size());
}

std::int32_t GuardRegistry::Behind(std::uint64_t version) const {
  const sync::MutexLock lock(&mutex_);
  return BehindLocked(version);
}

GuardRegistry::Wait GuardRegistry::WhenApplied(std::uint64_t version, std::function<void()> done) {
  Ready ready;
  Wait wait = 0;
  {
    const sync::MutexLock lock(&mutex_);
    wait = ++last_wait_;
    waiters_.emplace(wait, Waiter{version, std::move(done)});
    ready = TakeReady();
  }
  for (const auto& call : ready) call();
  return wait;
}

void GuardRegistry::GiveUp(Wait wait) {
  std::function<void()> done;
  {
    const sync::MutexLock lock(&mutex_);
    const auto found = waiters_.find(wait);
    if (found == waiters_.end()) return;
    done = std::move(found->second.done);
    waiters_.erase(found);
  }
  done();
}

std::int32_t GuardRegistry::BehindLocked(std::uint64_t version) const {
  std::int32_t behind = 0;
  for (const auto& [applied, guards] : versions_) {
    if (applied >= version) break;
    behind += guards;
  }
  return behind;
}

void GuardRegistry::Forget(std::uint64_t applied) {
  const auto place = versions_.find(applied);
  if (--place->second == 0) versions_.erase(place);
}

GuardRegistry::Ready GuardRegistry::TakeReady() {
  Ready ready;
  for (auto waiter = waiters_.begin(); waiter != waiters_.end();) {
    const auto here = waiter++;
    if (BehindLocked(here->second.version) > 0) continue;
    ready.push_back(std::move(here->second.done));
    waiters_.erase(here);
  }
  return ready;
}

void GuardRegistry::Tell(const Ready& ready) const {
  for (const auto& call : ready) call();
  if (listener_) listener_();
}

}  // namespace tokenforge::auth
