// SessionStore on Redis.
//
// Keys, ready for a cluster: users fall into 64 buckets; the keys of a bucket share a hash tag and
// so a slot.
//   tf:{b17}:u:<user, 16 bytes>   the user's sessions (session_record.h); lives as long as the
//                                 longest of them
//   tf:{b17}:r                    the bucket's revocations, a stream; lives a revocation's life
//                                 after the last
//   tf:{b17}:e                    the epoch: sessions created at or before this instant (decimal
//                                 milliseconds) are over; lives longer than any of them. Mostly
//                                 there is none
// An operation is one script over the three keys of one bucket: one round trip, atomic.
// EndEverybodys sets all 64 epochs, at once but not as one step: it is done when all have answered.
#pragma once

#include "lib/redis/client.h"
#include "services/sessions/session_store.h"

namespace tokenforge::sessions {

class SessionStoreRedis final : public SessionStore {
 public:
  static constexpr int kBuckets = 64;

  // The clients outlive the store. `lasting` is for what must survive the loss of a server once it
  // is acknowledged, new sessions and every end of one: see redis::Replication. Not rotations, for
  // which a round trip to replicas would be too dear: a token of a generation that was lost goes on
  // by itself. What a theft ended is ended a second time, lastingly. Null: the same client.
  SessionStoreRedis(redis::Client* client, Policy policy, redis::Client* lasting = nullptr)
      : client_(*client), lasting_(lasting == nullptr ? *client : *lasting), policy_(policy) {}

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
  using Arguments = std::vector<std::string>;
  // The script of an operation, called for this user: its own arguments follow those of all.
  redis::Command CallFor(const redis::Script& script, uuid::Uuid user, Time now,
                         std::initializer_list<std::string_view> own) const;

  redis::Client& client_;
  redis::Client& lasting_;
  const Policy policy_;
};

}  // namespace tokenforge::sessions
