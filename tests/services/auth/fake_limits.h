// The rate limits of the sessions service in memory, with the contract's numbers and no time: what
// was taken never comes back by itself. Thread-safe.
#pragma once

#include <map>
#include <string>
#include <utility>

#include "absl/status/status.h"
#include "lib/sync/mutex.h"
#include "tokenforge/sessions/v1/sessions.pb.h"

namespace tokenforge::auth::testing {

class FakeLimits {
 public:
  // INVALID_FIELD for what the proto calls so.
  absl::Status Take(const sessions::v1::TakeTokensRequest& request,
                    sessions::v1::TakeTokensResponse* response);

  // How many tokens of a bucket are taken now; of account_lock the length of the streak. 0 for one
  // that was never named.
  int Taken(const std::string& policy, const std::string& subject) const;
  // How many different subjects of a policy were named.
  std::size_t Subjects(const std::string& policy) const;
  // Everything of all buckets, to be compared: nothing was taken in between when it is the same.
  std::map<std::string, int> All() const;
  void Lift();              // everything is as at the beginning
  void RefuseToGiveBack();  // UNAVAILABLE from now on

 private:
  struct Bucket {
    std::string partition;
    int taken = 0;
  };
  using Key = std::pair<std::string, std::string>;  // policy, subject

  mutable sync::Mutex mutex_;
  std::map<Key, Bucket> buckets_ ABSL_GUARDED_BY(mutex_);
  bool gives_back_ ABSL_GUARDED_BY(mutex_) = true;
};

}  // namespace tokenforge::auth::testing
