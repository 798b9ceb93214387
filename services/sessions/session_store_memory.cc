#include "services/sessions/session_store_memory.h"

#include <algorithm>
#include <utility>

#include "services/sessions/revocations_made.h"

namespace tokenforge::sessions {
namespace {

std::vector<uuid::Uuid> IdsOf(const std::vector<Session>& sessions) {
  std::vector<uuid::Uuid> ids;
  for (const Session& session : sessions) ids.push_back(session.id);
  return ids;
}

void Replace(std::string& stored, const std::string& given) {
  if (!given.empty()) stored = given;
}

}  // namespace

const clock::Clock& SessionStoreMemory::SystemClock() {
  static const clock::SystemClock clock;
  return clock;
}

void SessionStoreMemory::FailWith(std::optional<errors::Reason> reason) {
  const sync::MutexLock lock(&mutex_);
  fault_ = reason;
}

absl::Status SessionStoreMemory::Fault() const {
  return errors::MakeRetryable(*fault_, "the store in memory was told to fail", Span(200));
}

std::vector<Session>& SessionStoreMemory::LiveOf(uuid::Uuid user, Time now) {
  std::vector<Session>& sessions = users_[user];
  std::erase_if(sessions, [&](const Session& each) {
    return each.lineage.created <= epoch_ || HasEnded(each.lineage, now, policy_);
  });
  return sessions;
}

void SessionStoreMemory::Log(const std::vector<Revocation>& revocations) {
  log_.insert(log_.end(), revocations.begin(), revocations.end());
}

std::vector<Revocation> SessionStoreMemory::EndOldest(std::vector<Session>& live, Time now) {
  std::vector<uuid::Uuid> ended;
  while (live.size() >= static_cast<size_t>(policy_.max_sessions)) {
    const auto oldest = std::min_element(
        live.begin(), live.end(),
        [](const Session& a, const Session& b) { return a.lineage.created < b.lineage.created; });
    ended.push_back(oldest->id);
    live.erase(oldest);
  }
  return RevokeSessions(ended, now, policy_);
}

async::Task<absl::StatusOr<std::vector<Revocation>>> SessionStoreMemory::Add(const Session& session,
                                                                             Moment moment) {
  const sync::MutexLock lock(&mutex_);
  if (fault_) co_return Fault();
  std::vector<Session>& live = LiveOf(session.user, moment.now);
  std::erase_if(live, [&](const Session& each) { return each.id == session.id; });
  std::vector<Revocation> made_room = EndOldest(live, moment.now);
  live.push_back(session);
  Log(made_room);
  co_return made_room;
}

std::vector<Revocation> SessionStoreMemory::Punish(const Presented& token,
                                                   std::vector<Session>& live, Time now) {
  std::vector<Revocation> revocations;
  if (policy_.reuse == ReusePolicy::kUser) {
    revocations = RevokeUser(token.user, IdsOf(live), now, policy_);
    live.clear();
  } else {
    revocations = RevokeSessions(std::span(&token.session, 1), now, policy_);
    std::erase_if(live, [&](const Session& each) { return each.id == token.session; });
  }
  Log(revocations);
  return revocations;
}

Rotation SessionStoreMemory::RotateLocked(const Presented& token, Moment moment) {
  const Time now = moment.now;
  std::vector<Session>& live = LiveOf(token.user, now);
  const auto found = std::find_if(live.begin(), live.end(),
                                  [&](const Session& each) { return each.id == token.session; });
  if (found == live.end()) return {Verdict::kEnded, {}, {}, {}};
  if (!token.client.empty() && !found->client.empty() && token.client != found->client) {
    return {Verdict::kOtherClient, {}, {}, {}};
  }
  const TwoClocks clocks{std::chrono::floor<Span>(clock_.Now().time_since_epoch()),
                         moment.anchored};
  Attempts refused;
  const Verdict verdict = DecideWithinLimit(found->lineage, buckets_[found->id], token.generation,
                                            now, clocks, policy_, &refused);
  switch (verdict) {
    case Verdict::kRotated:
      Replace(found->device.name, token.device.name);
      Replace(found->device.user_agent, token.device.user_agent);
      Replace(found->device.ip_address, token.device.ip_address);
      return {verdict, *found, {}, {}};
    case Verdict::kRepeated:
      return {verdict, *found, {}, {}};
    case Verdict::kReused: {
      Session stolen = *found;
      return {verdict, std::move(stolen), Punish(token, live, now), {}};
    }
    default:
      return {verdict, {}, {}, refused};
  }
}

async::Task<absl::StatusOr<Rotation>> SessionStoreMemory::Rotate(const Presented& token,
                                                                 Moment moment) {
  const sync::MutexLock lock(&mutex_);
  if (fault_) co_return Fault();
  co_return RotateLocked(token, moment);
}

async::Task<absl::StatusOr<std::vector<Session>>> SessionStoreMemory::List(uuid::Uuid user,
                                                                           Moment moment) {
  const sync::MutexLock lock(&mutex_);
  if (fault_) co_return Fault();
  co_return NewestFirst(LiveOf(user, moment.now), moment.now, policy_);
}

async::Task<absl::StatusOr<Ending>> SessionStoreMemory::End(uuid::Uuid user, uuid::Uuid session,
                                                            Moment moment) {
  const sync::MutexLock lock(&mutex_);
  if (fault_) co_return Fault();
  std::vector<Session>& live = LiveOf(user, moment.now);
  if (std::erase_if(live, [&](const Session& each) { return each.id == session; }) == 0) {
    co_return Ending();
  }
  Ending ending{1, RevokeSessions(std::span(&session, 1), moment.now, policy_)};
  Log(ending.revocations);
  co_return ending;
}

async::Task<absl::StatusOr<Ending>> SessionStoreMemory::EndAll(uuid::Uuid user,
                                                               std::optional<uuid::Uuid> keep,
                                                               Moment moment) {
  const sync::MutexLock lock(&mutex_);
  if (fault_) co_return Fault();
  std::vector<Session>& live = LiveOf(user, moment.now);
  std::vector<Session> ended = live;
  std::erase_if(ended, [&](const Session& each) { return each.id == keep; });
  std::erase_if(live, [&](const Session& each) { return each.id != keep; });
  const std::vector<uuid::Uuid> ids = IdsOf(ended);
  Ending ending{static_cast<int>(ids.size()), keep ? RevokeSessions(ids, moment.now, policy_)
                                                   : RevokeUser(user, ids, moment.now, policy_)};
  Log(ending.revocations);
  co_return ending;
}

async::Task<absl::Status> SessionStoreMemory::EndEverybodys(Moment moment) {
  const sync::MutexLock lock(&mutex_);
  if (fault_) co_return Fault();
  epoch_ = std::max(epoch_, std::optional(moment.now));
  co_return absl::OkStatus();
}

async::Task<absl::Status> SessionStoreMemory::Revoke(uuid::Uuid, const Revocation& revocation,
                                                     Moment) {
  const sync::MutexLock lock(&mutex_);
  if (fault_) co_return Fault();
  Log({revocation});
  co_return absl::OkStatus();
}

async::Task<absl::StatusOr<LogPage>> SessionStoreMemory::ReadLog(const LogCursor& cursor,
                                                                 Moment moment) {
  const sync::MutexLock lock(&mutex_);
  if (fault_) co_return Fault();
  LogPage page;
  for (size_t at = cursor.empty() ? 0 : std::stoul(cursor.front()); at < log_.size(); ++at) {
    if (log_[at].end > moment.now) page.revocations.push_back(log_[at]);
  }
  page.cursor = {std::to_string(log_.size())};
  co_return page;
}

}  // namespace tokenforge::sessions
