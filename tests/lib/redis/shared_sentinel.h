// SharedSentinel: one RedisSentinel for all tests of a program that leave it whole; empty each time
// it is asked for.
//
// Why shared: it is six processes. Nothing fails it over: a server may be silent for longer than a
// busy machine takes. Made on, and used from, the main thread; ends after the last test.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "tests/lib/redis/acl_users.h"
#include "tests/lib/redis/redis_sentinel.h"

namespace tokenforge::fakes {

class SharedSentinelEnvironment final : public ::testing::Environment {
 public:
  RedisSentinel& redis() {
    if (redis_ == nullptr) {
      redis_ = std::make_unique<RedisSentinel>(
          RedisSentinelOptions{.down_after = std::chrono::seconds(30)});
    }
    return *redis_;
  }
  void TearDown() override { redis_.reset(); }

 private:
  std::unique_ptr<RedisSentinel> redis_;
};

// GoogleTest deletes it.
inline SharedSentinelEnvironment* const kSharedSentinel = static_cast<SharedSentinelEnvironment*>(
    ::testing::AddGlobalTestEnvironment(new SharedSentinelEnvironment));

inline RedisSentinel& SharedSentinel() {
  RedisSentinel& redis = kSharedSentinel->redis();
  redis.Tell(redis.primary(), {"FLUSHALL"});
  return redis;
}

}  // namespace tokenforge::fakes
