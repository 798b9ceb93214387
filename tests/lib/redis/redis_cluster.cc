#include "tests/lib/redis/redis_cluster.h"

#include <signal.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>
#include <thread>

#include "tests/lib/redis/acl_users.h"

namespace tokenforge::fakes {
namespace {

using std::chrono::milliseconds;

// What happens in other processes raises no event here: ask, with an end.
void Await(const std::string& what, const std::function<bool()>& happened) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!happened()) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("never came: " + what);
    std::this_thread::sleep_for(milliseconds(5));
  }
}

bool Says(const std::string& text, std::string_view line) {
  return text.find(line) != std::string::npos;
}

int FirstSlot(int primary) { return primary * redis::kSlots / RedisCluster::kPrimaries; }

}  // namespace

RedisCluster::RedisCluster(RedisClusterOptions options) : options_(std::move(options)) {
  std::string pattern = std::filesystem::temp_directory_path() / "tokenforge-cluster-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  for (int i = 0; i < kNodes; ++i) {
    nodes_.push_back(std::make_unique<Node>(systemtest::FreePort()));
    At(i).bus_port = systemtest::FreePort();
    At(i).id = std::string(39, 'a') + std::to_string(i);
    At(i).folder = folder_ + "/node" + std::to_string(i);
    std::filesystem::create_directory(At(i).folder);
  }
  for (int i = 0; i < kNodes; ++i) WriteFiles(i);
  for (int i = 0; i < kNodes; ++i) Launch(At(i));
  AwaitWhole();
}

RedisCluster::~RedisCluster() {
  for (const auto& node : nodes_) node->process.Kill(SIGKILL);
  for (const auto& node : nodes_) node->process.WaitForEnd(std::chrono::seconds(10));
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

// What this node would have saved, had the cluster been made by talking.
void RedisCluster::WriteFiles(int node) {
  AclUsers().WriteTo(At(node).folder + "/users.acl");
  std::ofstream file(At(node).folder + "/nodes.conf");
  for (int i = 0; i < kNodes; ++i) {
    const int primary = i % kPrimaries;
    const bool serves = i == primary;
    file << At(i).id << " 127.0.0.1:" << At(i).port << "@" << At(i).bus_port << " "
         << (i == node ? "myself," : "") << (serves ? "master -" : "slave " + At(primary).id)
         << " 0 0 " << primary + 1 << " connected";
    if (serves) file << " " << FirstSlot(i) << "-" << FirstSlot(i + 1) - 1;
    file << "\n";
  }
  file << "vars currentEpoch " << kPrimaries << " lastVoteEpoch 0\n";
  file.close();
  if (!file) throw std::runtime_error("cannot write nodes.conf");
}

void RedisCluster::Launch(Node& node) {
  std::vector<std::string> words = {"/usr/bin/redis-server"};
  const std::vector<std::pair<std::string, std::string>> settings = {
      {"port", std::to_string(node.port)},
      {"bind", "127.0.0.1"},
      {"dir", node.folder},
      {"logfile", node.folder + "/log"},
      {"aclfile", node.folder + "/users.acl"},
      {"masteruser", "replica"},
      {"masterauth", AclUsers::PasswordOf("replica")},
      {"appendonly", "yes"},
      {"appendfsync", "always"},
      {"save", ""},
      {"repl-diskless-sync-delay", "0"},
      {"cluster-enabled", "yes"},
      {"cluster-config-file", "nodes.conf"},
      {"cluster-port", std::to_string(node.bus_port)},
      {"cluster-node-timeout", std::to_string(options_.node_timeout.count())},
      {"cluster-replica-validity-factor", "0"},
      {"cluster-allow-replica-migration", "no"}};
  for (const auto& [name, value] : settings) {
    words.push_back("--" + name);
    words.push_back(value);
  }
  words.insert(words.end(), options_.settings.begin(), options_.settings.end());
  if (!node.process.Start(words, node.folder + "/output")) {
    throw std::runtime_error("redis-server cannot be started");
  }
  node.answers = true;
}

std::string RedisCluster::address() const {
  std::string all;
  for (const auto& node : nodes_) {
    all += (all.empty() ? "127.0.0.1:" : ",127.0.0.1:") + std::to_string(node->port);
  }
  return "redis+cluster://" + all;
}

std::string RedisCluster::address_through(int node) const {
  return "redis+cluster://127.0.0.1:" + std::to_string(port_of(node));
}

std::string RedisCluster::address_of(int node) const {
  return "redis://127.0.0.1:" + std::to_string(port_of(node));
}

void RedisCluster::Kill(int node) {
  At(node).answers = false;
  At(node).process.Kill(SIGKILL);
  At(node).process.WaitForEnd(std::chrono::seconds(10));
}

void RedisCluster::Pause(int node) {
  At(node).answers = false;
  At(node).process.Kill(SIGSTOP);
}

void RedisCluster::Resume(int node) {
  At(node).process.Kill(SIGCONT);
  At(node).answers = true;
}

void RedisCluster::Start(int node) {
  Launch(At(node));
  Await("an answer", [&] { return At(node).admin.TextOrNothing({"PING"}) == "PONG"; });
}

void RedisCluster::RestartEach() {
  for (int node = 0; node < kNodes; ++node) {
    Kill(node);
    Start(node);
    AwaitWhole();
  }
}

int RedisCluster::NodeAt(int port) const {
  for (int i = 0; i < kNodes; ++i) {
    if (port_of(i) == port) return i;
  }
  throw std::logic_error("a port of nobody's");
}

int RedisCluster::PrimaryOf(int slot) {
  std::map<int, int> votes;
  for (const auto& node : nodes_) {
    if (!node->answers) continue;
    try {
      const redis::Reply map = node->admin.Ask({"CLUSTER", "SLOTS"});
      const auto ranges = map.AsArray().value();
      for (const redis::Reply& range : ranges) {
        const auto fields = range.AsArray().value();
        if (slot < fields[0].AsInteger().value() || slot > fields[1].AsInteger().value()) continue;
        ++votes[NodeAt(static_cast<int>(fields[2].AsArray().value()[1].AsInteger().value()))];
      }
    } catch (const std::runtime_error&) {
      continue;  // it is loading, or on its way down
    }
  }
  for (const auto& [node, count] : votes) {
    if (count > kNodes / 2) return node;
  }
  return -1;
}

bool RedisCluster::IsPrimary(int node) {
  return Says(At(node).admin.TextOrNothing({"INFO", "replication"}), "role:master\r\n");
}

int RedisCluster::ReplicaOf(int primary) {
  const std::string wanted = "master_port:" + std::to_string(port_of(primary)) + "\r\n";
  for (int i = 0; i < kNodes; ++i) {
    if (!At(i).answers) continue;
    if (Says(At(i).admin.TextOrNothing({"INFO", "replication"}), wanted)) return i;
  }
  return -1;
}

void RedisCluster::Failover(int replica) {
  Ask(replica, {"CLUSTER", "FAILOVER"});
  Await("an orderly failover", [&] { return IsPrimary(replica); });
}

int RedisCluster::AwaitPrimaryOtherThan(int before, int slot) {
  int now = -1;
  Await("a failover", [&] {
    now = PrimaryOf(slot);
    return now != -1 && now != before;
  });
  return now;
}

bool RedisCluster::SeesEverySlot(Node& node) {
  const std::string info = node.admin.TextOrNothing({"CLUSTER", "INFO"});
  return Says(info, "cluster_state:ok\r\n") && Says(info, "cluster_slots_ok:16384\r\n");
}

bool RedisCluster::InSync(Node& node) {
  const std::string info = node.admin.TextOrNothing({"INFO", "replication"});
  return Says(info, "role:master\r\n") ||
         (Says(info, "master_link_status:up\r\n") && Says(info, "master_sync_in_progress:0\r\n"));
}

void RedisCluster::AwaitWhole() {
  for (const auto& node : nodes_) {
    if (!node->answers) continue;
    Await("a whole cluster", [&] { return SeesEverySlot(*node) && InSync(*node); });
  }
}

}  // namespace tokenforge::fakes
