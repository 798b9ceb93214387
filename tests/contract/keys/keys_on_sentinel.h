// KeysOnSentinel: what the stores of the keys service stand on, when it is the primary that
// sentinels name, with servers that all tests of a program share; empty at the beginning of each.
#pragma once

#include <memory>

#include "tests/lib/redis/acl_users.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/shared_sentinel.h"

namespace tokenforge::keys {

class KeysOnSentinel {
 public:
  ~KeysOnSentinel() { OnEach({"ACL", "SETUSER", "keys", "on"}); }

  // The store's client: it may do what the user `keys` of the ACL file that ships may do.
  redis::Client* stores_own() { return stores_own_.get(); }
  // The test's own, which may do everything.
  redis::Client& client() { return *client_; }
  // No server lets the store in any more.
  void GoAway() {
    OnEach({"ACL", "SETUSER", "keys", "off"});
    OnEach({"CLIENT", "KILL", "USER", "keys"});
  }

 private:
  void OnEach(const std::vector<std::string>& command) {
    for (int i = 0; i < fakes::RedisSentinel::kNodes; ++i) redis_.Tell(i, command);
  }

  fakes::RedisSentinel& redis_ = fakes::SharedSentinel();
  std::unique_ptr<redis::Client> stores_own_ =
      redis::Open(fakes::As("keys", fakes::OptionsFor(redis_.address())));
  std::unique_ptr<redis::Client> client_ = redis::Open(fakes::OptionsFor(redis_.address()));
};

}  // namespace tokenforge::keys
