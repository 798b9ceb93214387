#include "tests/chaos/redis_tap.h"

#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <string>
#include <string_view>
#include <utility>

#include "services/keys/guard_report_store_redis.h"
#include "services/keys/key_store_redis.h"
#include "tests/chaos/unix_socket.h"

namespace tokenforge::chaos {
namespace {

constexpr int kLookMs = 50;  // for the end

// Whether a command of few words has this key.
bool Names(std::string_view bytes, std::string_view key) {
  const std::string word = "$" + std::to_string(key.size()) + "\r\n" + std::string(key) + "\r\n";
  return bytes.starts_with("*") && bytes.size() > 4 && bytes[2] == '\r' &&
         bytes.find(word) != std::string_view::npos;
}

// Reports are read by asking who has any, and then by a script. The scripts over the key set differ
// by how many words they are.
Operation OperationOf(std::string_view bytes) {
  if (Names(bytes, keys::GuardReportStoreRedis::kIndex)) {
    const bool asks = bytes.substr(4).starts_with("$8\r\nSMEMBERS\r\n");
    return asks ? Operation::kReadReports : Operation::kNone;
  }
  if (!Names(bytes, keys::KeyStoreRedis::kKey)) return Operation::kNone;
  if (bytes[1] == '5') return Operation::kReadKeys;
  return bytes[1] == '9' ? Operation::kReplaceKeys : Operation::kNone;
}

}  // namespace

RedisTap::RedisTap(std::string path, std::string server_path, Trap trap)
    : path_(std::move(path)),
      server_path_(std::move(server_path)),
      trap_(std::move(trap)),
      listener_(ListenAt(path_)) {
  acceptor_ = std::thread([this] { Accept(); });
}

RedisTap::~RedisTap() {
  stopping_ = true;
  acceptor_.join();
  const sync::MutexLock lock(&mutex_);
  for (std::thread& connection : connections_) connection.join();
  close(listener_);
  unlink(path_.c_str());
}

void RedisTap::Accept() {
  while (!stopping_) {
    pollfd ready = {listener_, POLLIN, 0};
    if (poll(&ready, 1, kLookMs) <= 0) continue;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    const sync::MutexLock lock(&mutex_);
    connections_.emplace_back([this, client] { Pass(client); });
  }
}

void RedisTap::Pass(int client) {
  const int server = Dial(server_path_);
  Operation under_way = Operation::kNone;
  bool open = server >= 0;
  while (open && !stopping_) {
    std::array<pollfd, 2> ready = {{{client, POLLIN, 0}, {server, POLLIN, 0}}};
    if (poll(ready.data(), ready.size(), kLookMs) <= 0) continue;
    if (ready[0].revents != 0) open = PassOn(client, server, true, &under_way);
    if (open && ready[1].revents != 0) open = PassOn(server, client, false, &under_way);
  }
  close(client);
  if (server >= 0) close(server);
}

bool RedisTap::PassOn(int from, int to, bool to_server, Operation* under_way) {
  std::array<char, 65536> buffer;
  const ssize_t got = recv(from, buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  const std::string_view bytes(buffer.data(), static_cast<size_t>(got));
  if (to_server) {
    const Operation operation = OperationOf(bytes);
    if (operation != Operation::kNone) {
      if (trap_(operation, Moment::kBefore)) return false;
      *under_way = operation;
    }
  } else if (*under_way != Operation::kNone && !bytes.starts_with("-NOSCRIPT")) {
    if (trap_(std::exchange(*under_way, Operation::kNone), Moment::kAfter)) return false;
  }
  return SendAll(to, bytes);
}

}  // namespace tokenforge::chaos
