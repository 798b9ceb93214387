#include "tests/lib/redis/redis_sentinel.h"

#include <signal.h>

#include <algorithm>
#include <filesystem>
#include <fstream>
#include <functional>
#include <map>
#include <stdexcept>
#include <thread>

#include "tests/lib/redis/acl_users.h"
#include "tests/lib/redis/ask_port.h"

namespace tokenforge::fakes {
namespace {

using std::chrono::milliseconds;

// What happens in other processes raises no event here: ask, with an end.
void Await(const std::string& what, const std::function<bool()>& happened) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(60);
  while (!happened()) {
    if (std::chrono::steady_clock::now() > until) throw std::runtime_error("never came: " + what);
    std::this_thread::sleep_for(milliseconds(10));
  }
}

// A node's name for the sentinels: forty hexadecimal digits.
std::string RunIdOf(int sentinel) { return std::string(39, 'a') + std::to_string(sentinel); }

std::string Local(int port) { return "127.0.0.1:" + std::to_string(port); }

std::string PasswordOf(const char* user) { return AclUsers::PasswordOf(user); }

}  // namespace

RedisSentinel::RedisSentinel(RedisSentinelOptions options) : options_(std::move(options)) {
  std::string pattern = std::filesystem::temp_directory_path() / "tokenforge-sentinel-XXXXXX";
  if (mkdtemp(pattern.data()) == nullptr) throw std::runtime_error("no temporary folder");
  folder_ = pattern;
  for (auto* const nodes : {&servers_, &sentinels_}) {
    const std::string kind = nodes == &servers_ ? "server" : "sentinel";
    for (int i = 0; i < kNodes; ++i) {
      auto node = std::make_unique<Node>();
      node->kind = kind;
      node->port = systemtest::FreePort();
      node->folder = folder_ + "/" + kind + std::to_string(i);
      std::filesystem::create_directory(node->folder);
      nodes->push_back(std::move(node));
    }
  }
  for (int i = 0; i < kNodes; ++i) WriteServer(i);
  for (int i = 0; i < kNodes; ++i) WriteSentinel(i);
  for (int i = 0; i < kNodes; ++i) StartServer(i);
  for (int i = 1; i < kNodes; ++i) AwaitReplica(i);
  for (int i = 0; i < kNodes; ++i) StartSentinel(i);
  for (const auto& sentinel : sentinels_) {
    Await("a sentinel's view", [&] { return SeesEverything(*sentinel); });
  }
}

RedisSentinel::~RedisSentinel() {
  // The sentinels first, or they would begin to mend what is being taken down.
  for (auto* const nodes : {&sentinels_, &servers_}) {
    for (const auto& node : *nodes) {
      node->process.Kill(SIGKILL);
      node->process.WaitForEnd(std::chrono::seconds(10));
    }
  }
  std::error_code ignored;
  std::filesystem::remove_all(folder_, ignored);
}

void RedisSentinel::WriteServer(int server) const {
  const Node& node = *servers_[server];
  AclUsers().WriteTo(node.folder + "/users.acl");
  std::ofstream file(node.folder + "/node.conf");
  file << "port " << node.port << "\nbind 127.0.0.1\ndir " << node.folder << "\nlogfile "
       << node.folder << "/log\naclfile " << node.folder << "/users.acl\n"
       << "appendonly yes\nappendfsync everysec\nsave \"\"\nmaxmemory-policy noeviction\n"
       << "repl-diskless-sync-delay 0\nmasteruser replica\nmasterauth " << PasswordOf("replica")
       << "\n";
  for (const std::string& line : options_.server_settings) file << line << "\n";
  if (server != 0) file << "replicaof 127.0.0.1 " << servers_[0]->port << "\n";
}

void RedisSentinel::WriteSentinel(int sentinel) const {
  const Node& node = *sentinels_[sentinel];
  AclUsers(AclUsers::Of::kSentinels).WriteTo(node.folder + "/users.acl");
  std::ofstream file(node.folder + "/node.conf");
  file << "port " << node.port << "\nbind 127.0.0.1\ndir " << node.folder << "\nlogfile "
       << node.folder << "/log\naclfile " << node.folder << "/users.acl\n"
       << "sentinel sentinel-user sentinel\nsentinel sentinel-pass " << PasswordOf("sentinel")
       << "\nsentinel myid " << RunIdOf(sentinel) << "\n";
  const auto set = [&file](const std::string& setting, const std::string& value) {
    file << "sentinel " << setting << " " << kName << " " << value << "\n";
  };
  set("monitor", "127.0.0.1 " + std::to_string(servers_[0]->port) + " 2");
  set("down-after-milliseconds", std::to_string(options_.down_after.count()));
  set("failover-timeout", "2000");
  set("auth-user", "sentinel");
  set("auth-pass", PasswordOf("sentinel"));
  for (int i = 1; i < kNodes; ++i) {
    set("known-replica", "127.0.0.1 " + std::to_string(servers_[i]->port));
  }
  for (int i = 0; i < kNodes; ++i) {
    if (i == sentinel) continue;
    set("known-sentinel", "127.0.0.1 " + std::to_string(sentinels_[i]->port) + " " + RunIdOf(i));
  }
}

bool RedisSentinel::SeesEverything(const Node& sentinel) const {
  // "OK 3 usable Sentinels. …", and replicas without a flag that something is wrong with them.
  if (!AskPort(sentinel.port, {"SENTINEL", "CKQUORUM", kName}).starts_with("OK 3 ")) return false;
  const std::string replicas = AskPort(sentinel.port, {"SENTINEL", "REPLICAS", kName});
  size_t healthy = 0;
  for (size_t at = 0; (at = replicas.find(" flags slave ", at)) != std::string::npos; ++at) {
    healthy += replicas.find(" master-link-status ok ", at) != std::string::npos;
  }
  return healthy == kNodes - 1;
}

void RedisSentinel::Start(Node& node) {
  std::vector<std::string> words = {"/usr/bin/redis-server", node.folder + "/node.conf"};
  if (node.kind == "sentinel") words.emplace_back("--sentinel");
  if (!node.process.Start(words, node.folder + "/log")) throw std::runtime_error("no " + node.kind);
  Await("a " + node.kind + " that answers, see " + node.folder + "/log",
        [&node] { return AskPort(node.port, {"PING"}) == "PONG"; });
}

void RedisSentinel::Kill(Node& node) {
  node.process.Kill(SIGKILL);
  if (!node.process.WaitForEnd(std::chrono::seconds(10))) throw std::runtime_error("does not die");
}

std::string RedisSentinel::address() const {
  std::string list;
  for (const auto& sentinel : sentinels_) list += (list.empty() ? "" : ",") + Local(sentinel->port);
  return "redis+sentinel://" + list + "/" + kName;
}
std::string RedisSentinel::address_of_sentinel(int sentinel) const {
  return "redis+sentinel://" + Local(sentinels_[sentinel]->port) + "/" + kName;
}
std::string RedisSentinel::address_of_server(int server) const {
  return "redis://" + Local(servers_[server]->port);
}
std::string RedisSentinel::log_of_server(int server) const {
  return servers_[server]->folder + "/log";
}

int RedisSentinel::primary() const {
  std::map<std::string, int> votes;
  for (const auto& sentinel : sentinels_) {
    ++votes[AskPort(sentinel->port, {"SENTINEL", "GET-MASTER-ADDR-BY-NAME", kName})];
  }
  votes.erase("");
  for (int i = 0; i < kNodes; ++i) {
    const auto found = votes.find("127.0.0.1 " + std::to_string(servers_[i]->port));
    const bool most = found != votes.end() &&
                      std::all_of(votes.begin(), votes.end(),
                                  [&](const auto& each) { return each.second <= found->second; });
    if (most) return i;
  }
  return -1;
}

int RedisSentinel::AwaitPrimaryOtherThan(int before) const {
  int now = -1;
  Await("another primary", [&] {
    now = primary();
    return now >= 0 && now != before && Tell(now, {"ROLE"}).starts_with("master");
  });
  return now;
}

int RedisSentinel::ForceFailover() {
  const int before = primary();
  // Refused while another is under way, or before the replicas were seen again after one.
  Await("a failover that begins",
        [this] { return AskPort(sentinels_[0]->port, {"SENTINEL", "FAILOVER", kName}) == "OK"; });
  return AwaitPrimaryOtherThan(before);
}

int RedisSentinel::HandOver() {
  const int before = primary();
  Tell(before, {"CLIENT", "PAUSE", "30000", "WRITE"});
  for (int server = 0; server < kNodes; ++server) {
    if (server == before) continue;
    // "master OFFSET …", and of a replica that is as far "slave HOST PORT connected OFFSET".
    Await("a replica that has everything", [&] {
      const std::string role = Tell(before, {"ROLE"}).substr(std::string("master ").size());
      return Tell(server, {"ROLE"}).ends_with(" connected " + role.substr(0, role.find(' ')));
    });
  }
  const int next = ForceFailover();
  AwaitReplica(before);
  Tell(before, {"CLIENT", "UNPAUSE"});
  return next;
}

void RedisSentinel::AwaitReplica(int server) const {
  Await("a replica that has caught up", [&] {
    const std::string role = Tell(server, {"ROLE"});
    return role.starts_with("slave") && role.find(" connected ") != std::string::npos;
  });
}

void RedisSentinel::AwaitClientsOfSentinel(int sentinel) const {
  Await("clients of a sentinel", [&] {
    const std::string clients = AskPort(sentinels_[sentinel]->port, {"CLIENT", "LIST"});
    return clients.find("user=tokenforge") != std::string::npos;
  });
}

void RedisSentinel::KillServer(int server) { Kill(*servers_[server]); }
void RedisSentinel::PauseServer(int server) { servers_[server]->process.Kill(SIGSTOP); }
void RedisSentinel::ResumeServer(int server) { servers_[server]->process.Kill(SIGCONT); }
void RedisSentinel::StartServer(int server) { Start(*servers_[server]); }
void RedisSentinel::KillSentinel(int sentinel) { Kill(*sentinels_[sentinel]); }
void RedisSentinel::PauseSentinel(int sentinel) { sentinels_[sentinel]->process.Kill(SIGSTOP); }
void RedisSentinel::ResumeSentinel(int sentinel) { sentinels_[sentinel]->process.Kill(SIGCONT); }
void RedisSentinel::StartSentinel(int sentinel) {
  Start(*sentinels_[sentinel]);
  // They look at each other and at the servers every few seconds, which is long for a test.
  const std::string told =
      AskPort(sentinels_[sentinel]->port,
              {"SENTINEL", "DEBUG", "INFO-PERIOD", "300", "PUBLISH-PERIOD", "300", "ASK-PERIOD",
               "200", "PING-PERIOD", "100", "TILT-PERIOD", "1000", "ELECTION-TIMEOUT", "1000"});
  if (told != "OK") throw std::runtime_error("a sentinel takes no periods: " + told);
}

std::string RedisSentinel::Tell(int server, const std::vector<std::string>& command) const {
  return AskPort(servers_[server]->port, command);
}

}  // namespace tokenforge::fakes
