// KeysOnCluster: what the stores of the keys service stand on, when it is a cluster, which all
// tests of a program share; empty at the beginning of each.
#pragma once

#include <memory>

#include "tests/lib/redis/acl_users.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/shared_cluster.h"

namespace tokenforge::keys {

class KeysOnCluster {
 public:
  ~KeysOnCluster() { OnEach({"ACL", "SETUSER", "keys", "on"}); }

  // The store's client: it may do what the user `keys` of the ACL file that ships may do.
  redis::Client* stores_own() { return stores_own_.get(); }
  // The test's own, which may do everything.
  redis::Client& client() { return *client_; }
  // No node lets the store in any more.
  void GoAway() {
    OnEach({"ACL", "SETUSER", "keys", "off"});
    OnEach({"CLIENT", "KILL", "USER", "keys"});
  }

 private:
  void OnEach(std::initializer_list<std::string_view> words) {
    for (int node = 0; node < fakes::RedisCluster::kNodes; ++node) cluster_.Ask(node, words);
  }

  fakes::RedisCluster& cluster_ = fakes::SharedCluster();
  std::unique_ptr<redis::Client> stores_own_ =
      redis::Open(fakes::As("keys", fakes::OptionsFor(cluster_.address())));
  std::unique_ptr<redis::Client> client_ = redis::Open(fakes::OptionsFor(cluster_.address()));
};

}  // namespace tokenforge::keys
