// RedisSentinel: a real primary with two replicas, and three sentinels that watch them, of a test's
// own, on loopback ports that no other test takes.
//
// Every node can be killed, stopped and started again with what it has on disk. The sentinels know
// each other and the replicas from the first moment (their files say so), and agree by two of
// three. Servers use the ACL file that ships: replication and the sentinels go through its users,
// and `fakes::As` gives clients theirs; the default user may do everything. Nodes die with the
// test, and the folder goes with the object. One thread. What does not come about in time throws: a
// test without its servers has nothing to say.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "lib/redis/client.h"
#include "tests/system/child_process.h"

namespace tokenforge::fakes {

struct RedisSentinelOptions {
  // A server that is silent for so long is down. Tests that make none go away give more: a busy
  // machine then fails nobody over.
  std::chrono::milliseconds down_after{500};
  std::vector<std::string> server_settings = {};  // more lines of each server's redis.conf
};

class RedisSentinel {
 public:
  static constexpr int kNodes = 3;  // servers, and as many sentinels
  static constexpr char kName[] = "tokenforge";

  // Returns when each server is in its place and each sentinel sees all of them.
  explicit RedisSentinel(RedisSentinelOptions options = {});
  ~RedisSentinel();
  RedisSentinel(const RedisSentinel&) = delete;
  RedisSentinel& operator=(const RedisSentinel&) = delete;

  // "redis+sentinel://127.0.0.1:…,…/tokenforge", for redis::ParseEndpoint.
  std::string address() const;
  // The same with this one sentinel only.
  std::string address_of_sentinel(int sentinel) const;
  // "redis://127.0.0.1:…": one server, whatever it is now.
  std::string address_of_server(int server) const;
  std::string log_of_server(int server) const;
  const std::string& folder() const { return folder_; }

  // Which server most of the sentinels that answer call the primary.
  int primary() const;
  // Waits until that is another one than `before`, and it says itself that it is: returns which.
  int AwaitPrimaryOtherThan(int before) const;
  // Has another promoted without anybody being down; returns which. What the old one acknowledges
  // until it is told is lost.
  int ForceFailover();
  // The same as docs/redis.md says that it is done by hand, without losing anything.
  int HandOver();
  // Waits until this server is a replica that has caught up with the primary.
  void AwaitReplica(int server) const;

  // Waits until clients of ours have subscribed to news at this sentinel.
  void AwaitClientsOfSentinel(int sentinel) const;

  void KillServer(int server);    // SIGKILL
  void PauseServer(int server);   // SIGSTOP: connections stay, nobody answers
  void ResumeServer(int server);  // SIGCONT
  void StartServer(int server);   // after KillServer; returns when it has loaded its data
  void KillSentinel(int sentinel);
  void PauseSentinel(int sentinel);
  void ResumeSentinel(int sentinel);
  void StartSentinel(int sentinel);

  // One command to a server as its administrator: the answer, flat, or "-ERR …" or "" (no answer).
  std::string Tell(int server, const std::vector<std::string>& command) const;

 private:
  struct Node {
    int port = 0;
    std::string folder;
    std::string kind;  // "server" or "sentinel"
    systemtest::ChildProcess process;
  };

  void WriteServer(int server) const;
  void WriteSentinel(int sentinel) const;
  void Start(Node& node);
  void Kill(Node& node);
  bool SeesEverything(const Node& sentinel) const;

  const RedisSentinelOptions options_;
  std::string folder_;
  std::vector<std::unique_ptr<Node>> servers_;
  std::vector<std::unique_ptr<Node>> sentinels_;
};

}  // namespace tokenforge::fakes
