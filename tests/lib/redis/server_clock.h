// ServerClock: the wall clock of a real redis-server, moved by a test alone.
//
// Why: what a stepped or frozen clock of the server does (TIME in scripts, the lives of keys) is
// shown on the server itself. The clock stands still until it is set. One thread sets it; servers
// see it at once.
#pragma once

#include <atomic>
#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <vector>

#include "tests/lib/redis/redis_server.h"

namespace tokenforge::fakes {

class ServerClock {
 public:
  explicit ServerClock(std::chrono::milliseconds since_epoch);
  ~ServerClock();
  ServerClock(const ServerClock&) = delete;
  ServerClock& operator=(const ServerClock&) = delete;

  void Set(std::chrono::milliseconds since_epoch);

  // A server with the users of an ACL file that lives by this clock, which outlives it.
  std::unique_ptr<RedisServer> Start(const AclUsers& users,
                                     std::vector<std::string> settings = {}) const;

 private:
  std::string path_;
  std::atomic<std::int64_t>* page_;  // microseconds since the epoch, in the file
};

}  // namespace tokenforge::fakes
