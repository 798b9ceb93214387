// The SessionStore on a Redis Cluster, which all tests of a program share; empty at the beginning
// of each.
#pragma once

#include <memory>

#include "tests/contract/sessions/store_bodies.h"
#include "tests/lib/redis/shared_cluster.h"

namespace tokenforge::sessions {

// The store may do what the user `sessions` of the ACL file that ships may do, and no more.
class ClusterBody final : public StoreBody {
 public:
  // Settings are for a server of its own; here they have no effect.
  explicit ClusterBody(Policy policy, const std::vector<std::string>& /*settings*/ = {})
      : store_(client_.get(), policy) {}
  SessionStore& store() override { return store_; }
  fakes::RedisCluster& cluster() { return cluster_; }

 private:
  fakes::RedisCluster& cluster_ = fakes::SharedCluster();
  std::unique_ptr<redis::Client> client_ =
      redis::Open(fakes::As("sessions", fakes::OptionsFor(cluster_.address())));
  SessionStoreRedis store_;
};

}  // namespace tokenforge::sessions
