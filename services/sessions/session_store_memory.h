// SessionStore in memory: the fake that tests of everything above stand on, held to the same
// contract as the one on Redis. Nothing survives the process; not for production.
#pragma once

#include <map>
#include <optional>
#include <utility>
#include <vector>

#include "lib/clock/clock.h"
#include "lib/errors/errors.h"
#include "lib/sync/mutex.h"
#include "services/sessions/session_store.h"

namespace tokenforge::sessions {

class SessionStoreMemory final : public SessionStore {
 public:
  // `clock` is the store's own, which a limit asks beside the service's; it outlives the store.
  explicit SessionStoreMemory(Policy policy, const clock::Clock* clock = &SystemClock())
      : policy_(std::move(policy)), clock_(*clock) {}

  // From now on every operation fails with this reason and does nothing; nothing: all is well
  // again.
  void FailWith(std::optional<errors::Reason> reason);

  async::Task<absl::StatusOr<std::vector<Revocation>>> Add(const Session& session,
                                                           Moment moment) override;
  async::Task<absl::StatusOr<Rotation>> Rotate(const Presented& token, Moment moment) override;
  async::Task<absl::StatusOr<std::vector<Session>>> List(uuid::Uuid user, Moment moment) override;
  async::Task<absl::StatusOr<Ending>> End(uuid::Uuid user, uuid::Uuid session,
                                          Moment moment) override;
  async::Task<absl::StatusOr<Ending>> EndAll(uuid::Uuid user, std::optional<uuid::Uuid> keep,
                                             Moment moment) override;
  async::Task<absl::Status> EndEverybodys(Moment moment) override;
  async::Task<absl::Status> Revoke(uuid::Uuid user, const Revocation& revocation,
                                   Moment moment) override;
  async::Task<absl::StatusOr<LogPage>> ReadLog(const LogCursor& cursor, Moment moment) override;

 private:
  static const clock::Clock& SystemClock();
  // A new error each time: none is shared by threads.
  absl::Status Fault() const ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  // The user's sessions, without those that have ended.
  std::vector<Session>& LiveOf(uuid::Uuid user, Time now) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  void Log(const std::vector<Revocation>& revocations) ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<Revocation> EndOldest(std::vector<Session>& live, Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  std::vector<Revocation> Punish(const Presented& token, std::vector<Session>& live, Time now)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);
  Rotation RotateLocked(const Presented& token, Moment moment)
      ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex_);

  const Policy policy_;
  const clock::Clock& clock_;
  sync::Mutex mutex_;
  std::optional<errors::Reason> fault_ ABSL_GUARDED_BY(mutex_);
  std::optional<Time> epoch_ ABSL_GUARDED_BY(mutex_);  // what was created up to it is over
  std::map<uuid::Uuid, std::vector<Session>> users_ ABSL_GUARDED_BY(mutex_);
  std::map<uuid::Uuid, TokenBucket> buckets_ ABSL_GUARDED_BY(mutex_);  // of sessions
  std::vector<Revocation> log_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::sessions
