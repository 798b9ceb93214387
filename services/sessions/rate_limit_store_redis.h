// RateLimitStore on Redis: one script a step, one round trip.
//
// Keys, beside those of the sessions (session_store_redis.h) and with the same 64 hash tags, so
// that what belongs to one partition shares a slot of a cluster:
//   tf:{b17}:l:<16 bytes>   a bucket or a streak that is not back to its beginning; 20 bytes. The
//                           name is the half of a SHA-256 over policy, partition and subject: no
//                           email and no address can be read from it
// A key lives until it would be full again, and kClockStepTolerance longer: Redis forgets by its
// own clock, and a bucket that is forgotten is full. A step of that clock by more than an hour may
// give back a burst, once. A full bucket has no key.
//
// What Redis loses with its server (the last moment before a failover) is back in its buckets: to
// wait for replicas with every attempt would cost more than the few attempts that are forgotten.
#pragma once

#include "lib/redis/client.h"
#include "services/sessions/rate_limit_store.h"

namespace tokenforge::sessions {

class RateLimitStoreRedis final : public RateLimitStore {
 public:
  // The client outlives the store.
  explicit RateLimitStoreRedis(redis::Client* client) : client_(*client) {}

  async::Task<absl::StatusOr<StepResult>> Take(const std::string& partition,
                                               const std::vector<BucketShare>& shares,
                                               StepMoment moment) override;
  async::Task<absl::StatusOr<StepResult>> GiveBack(const std::string& partition,
                                                   const std::vector<BucketShare>& shares,
                                                   StepMoment moment) override;

 private:
  async::Task<absl::StatusOr<StepResult>> Step(const redis::Script& script,
                                               const std::string& partition,
                                               const std::vector<BucketShare>& shares,
                                               StepMoment moment);
  redis::Client& client_;
};

}  // namespace tokenforge::sessions
