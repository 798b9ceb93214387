// RedisServer: a real redis-server of a test's own, on a unix socket in a temporary folder.
//
// It can be killed, stopped and started again with its data: what a client must survive. Every
// command is on disk before it is answered (appendfsync always). Ends with the object, and takes
// its folder along. One thread. Failures to start throw: a test without its server has nothing to
// say.
#pragma once

#include <sys/types.h>

#include <string>
#include <utility>
#include <vector>

#include "tests/lib/redis/acl_users.h"

namespace tokenforge::fakes {

class RedisServer {
 public:
  // Starts, and returns when connections are accepted and the data is loaded. `settings` are added
  // to the command line, such as {"--requirepass", "…"} or {"--maxmemory-policy", "allkeys-lru"}.
  explicit RedisServer(std::vector<std::string> settings = {});
  // The same with the users of an ACL file: clients then come as one of them (fakes::As), and the
  // default user may do everything.
  explicit RedisServer(const AclUsers& users, std::vector<std::string> settings = {});
  ~RedisServer();
  RedisServer(const RedisServer&) = delete;
  RedisServer& operator=(const RedisServer&) = delete;

  // "unix:///…/redis.sock", for redis::ParseEndpoint.
  std::string address() const { return "unix://" + socket_path(); }
  std::string socket_path() const { return folder_ + "/redis.sock"; }
  // Where the append-only file is.
  const std::string& folder() const { return folder_; }

  void Kill();       // SIGKILL: nothing is written any more
  void Terminate();  // SIGTERM: an orderly shutdown
  void Pause();      // SIGSTOP: connections stay, nobody answers
  void Resume();     // SIGCONT
  void Start();      // after Kill or Terminate, with the data there is
  void Restart();    // Kill and Start

 private:
  void MakeFolder();
  void Signal(int signal) const;
  void Reap();
  void AwaitReady();

  std::string folder_;
  std::vector<std::string> settings_;
  pid_t pid_ = -1;
};

}  // namespace tokenforge::fakes
