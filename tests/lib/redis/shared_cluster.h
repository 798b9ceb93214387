// SharedCluster: one RedisCluster for all tests of a program that leave it whole; empty each time
// it is asked for.
//
// Why shared: it takes seconds to start. Nothing fails it over, for a node may be silent for longer
// than a busy machine takes; so it need not sync its files either. Made on, and used from, the main
// thread; ends after the last test.
#pragma once

#include <gtest/gtest.h>

#include <memory>

#include "tests/lib/redis/redis_cluster.h"
#include "tests/lib/redis/redis_server.h"

namespace tokenforge::fakes {

class SharedClusterEnvironment final : public ::testing::Environment {
 public:
  RedisCluster& cluster() {
    if (cluster_ == nullptr) {
      cluster_ = std::make_unique<RedisCluster>(
          RedisClusterOptions{std::chrono::seconds(30), {"--appendfsync", "no"}});
    }
    return *cluster_;
  }
  void TearDown() override { cluster_.reset(); }

 private:
  std::unique_ptr<RedisCluster> cluster_;
};

// GoogleTest deletes it.
inline SharedClusterEnvironment* const kSharedCluster = static_cast<SharedClusterEnvironment*>(
    ::testing::AddGlobalTestEnvironment(new SharedClusterEnvironment));

inline RedisCluster& SharedCluster() {
  RedisCluster& cluster = kSharedCluster->cluster();
  cluster.Flush();
  return cluster;
}

}  // namespace tokenforge::fakes
