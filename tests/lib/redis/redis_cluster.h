// RedisCluster: a real Redis Cluster of a test's own — three primaries, each with a replica — on
// loopback ports that no other test takes.
//
// Every node can be killed, stopped, started again with what it has on disk, failed over, and slots
// can be moved while it serves. The nodes know each other and their slots from the first moment:
// their nodes.conf is written before they start, so nothing has to be gossiped, and it takes the
// two seconds that Redis itself waits before a primary that starts serves. Servers use the ACL file
// that ships: replication goes through its user, `fakes::As` gives clients theirs; the default user
// may do everything. What was acknowledged is on disk (appendfsync always).
//
// Nodes die with the test, or with the thread that started them: the thread that makes the cluster
// must live as long as it does. One thread at a time. What does not come about in a minute throws:
// a test without its cluster has nothing to say.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "lib/redis/key_slot.h"
#include "tests/lib/redis/admin_connection.h"
#include "tests/system/child_process.h"

namespace tokenforge::fakes {

struct RedisClusterOptions {
  // A node that is silent for so long is down. Tests that make none go away give more: a busy
  // machine then fails nobody over.
  std::chrono::milliseconds node_timeout{1000};
  std::vector<std::string> settings = {};  // more arguments of each server
};

class RedisCluster {
 public:
  static constexpr int kPrimaries = 3;
  static constexpr int kNodes = 6;  // node i + 3 begins as the replica of node i

  // Returns when it serves every slot and every replica is in sync.
  explicit RedisCluster(RedisClusterOptions options = {});
  ~RedisCluster();
  RedisCluster(const RedisCluster&) = delete;
  RedisCluster& operator=(const RedisCluster&) = delete;

  // "redis+cluster://127.0.0.1:…,…": all nodes, or only this one.
  std::string address() const;
  std::string address_through(int node) const;
  // "redis://127.0.0.1:…": a client of this one server.
  std::string address_of(int node) const;
  int port_of(int node) const { return nodes_[static_cast<size_t>(node)]->port; }
  const std::string& folder() const { return folder_; }

  void Kill(int node);    // SIGKILL: nothing is written any more
  void Pause(int node);   // SIGSTOP: connections stay, nobody answers
  void Resume(int node);  // SIGCONT
  void Start(int node);   // after Kill, with the data there is; it may take the cluster to be whole
  // Kills and starts every node in turn, each when the cluster is whole again.
  void RestartEach();

  // The primary that most of the nodes say serves the slot; -1: none.
  int PrimaryOf(int slot);
  // A node that says that it follows this primary; -1: none.
  int ReplicaOf(int primary);
  bool IsPrimary(int node);
  // Makes a replica a primary in an orderly way; returns when it is.
  void Failover(int replica);
  // Waits until most of the nodes say that another one than `before` serves the slot; which.
  int AwaitPrimaryOtherThan(int before, int slot);
  // Waits until every node that runs sees every slot served, and every replica is in sync.
  void AwaitWhole();

  // Moving a slot, keys and all, while it is served: as a whole, or step by step to look in between
  // (MoveKeys answers how many went).
  struct Move {
    int slot, from, to;
  };
  Move MoveOf(int slot, int to) { return {slot, PrimaryOf(slot), to}; }
  void Begin(const Move& move);
  int MoveKeys(const Move& move, int at_most);
  void End(const Move& move);
  void MoveSlot(const Move& move);
  // Moves the first slots of each primary to the next primary, one by one; half of them, unless
  // there is less time (it is a few milliseconds each: nodes write down every step).
  void Reshard(int slots_of_each = redis::kSlots / kPrimaries / 2);
  // Deletes every key.
  void Flush();

  // One command to this node, as its administrator. Throws for an error.
  redis::Reply Ask(int node, std::initializer_list<std::string_view> words) {
    return nodes_[static_cast<size_t>(node)]->admin.Ask(words);
  }

 private:
  struct Node {
    explicit Node(int in_port) : port(in_port), admin(in_port) {}
    const int port;
    AdminConnection admin;
    int bus_port = 0;
    std::string id;
    std::string folder;
    systemtest::ChildProcess process;
    bool answers = false;  // runs and is not paused
  };

  Node& At(int node) { return *nodes_[static_cast<size_t>(node)]; }
  void WriteFiles(int node);
  void Launch(Node& node);
  bool SeesEverySlot(Node& node);
  bool InSync(Node& node);
  int NodeAt(int port) const;

  const RedisClusterOptions options_;
  std::string folder_;
  std::vector<std::unique_ptr<Node>> nodes_;
};

}  // namespace tokenforge::fakes
