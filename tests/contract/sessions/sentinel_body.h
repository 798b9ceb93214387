// The SessionStore on the primary that sentinels name, as the service opens it there: with a client
// of its own for what a replica must have before it is acknowledged. All tests of a program share
// the servers; they are empty at the beginning of each.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "tests/contract/sessions/store_bodies.h"
#include "tests/lib/redis/shared_sentinel.h"

namespace tokenforge::sessions {

// The store may do what the user `sessions` of the ACL file that ships may do, and no more.
class SentinelBody final : public StoreBody {
 public:
  // Settings are for a server of its own; here they have no effect.
  explicit SentinelBody(Policy policy, const std::vector<std::string>& /*settings*/ = {})
      : store_(client_.get(), policy, lasting_.get()) {}
  SessionStore& store() override { return store_; }
  fakes::RedisSentinel& redis() { return redis_; }

 private:
  redis::Options OptionsOf(int replicas) {
    redis::Options options = fakes::As("sessions", fakes::OptionsFor(redis_.address()));
    options.sentinel_username = "tokenforge";
    options.sentinel_password = secret::Secret(fakes::AclUsers::PasswordOf("tokenforge"));
    options.replication = {.replicas = replicas, .within = std::chrono::seconds(20)};
    return options;
  }

  fakes::RedisSentinel& redis_ = fakes::SharedSentinel();
  std::unique_ptr<redis::Client> client_ = redis::Open(OptionsOf(0));
  std::unique_ptr<redis::Client> lasting_ = redis::Open(OptionsOf(1));
  SessionStoreRedis store_;
};

}  // namespace tokenforge::sessions
