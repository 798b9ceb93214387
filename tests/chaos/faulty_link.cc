#include "tests/chaos/faulty_link.h"

#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <stdexcept>
#include <string_view>
#include <utility>

#include "tests/chaos/unix_socket.h"

namespace tokenforge::chaos {
namespace {

using std::chrono::milliseconds;

}  // namespace

FaultyLink::FaultyLink(std::string path, std::string server_path, unsigned seed)
    : path_(std::move(path)),
      server_path_(std::move(server_path)),
      listener_(ListenAt(path_)),
      ending_(eventfd(0, EFD_CLOEXEC)),
      random_(seed) {
  if (ending_ < 0) throw std::runtime_error("no event can be made for " + path_);
  acceptor_ = std::thread([this] { Accept(); });
}

FaultyLink::~FaultyLink() {
  eventfd_write(ending_, 1);
  acceptor_.join();
  std::vector<std::thread> connections;
  {
    const sync::MutexLock lock(&mutex_);
    connections.swap(connections_);
  }
  for (std::thread& connection : connections) connection.join();
  close(listener_);
  close(ending_);
  unlink(path_.c_str());
}

void FaultyLink::Set(Faults faults) {
  const sync::MutexLock lock(&mutex_);
  faults_ = faults;
}

bool FaultyLink::Ending(milliseconds within) const {
  pollfd ready = {ending_, POLLIN, 0};
  return poll(&ready, 1, static_cast<int>(within.count())) > 0;
}

void FaultyLink::Accept() {
  for (;;) {
    std::array<pollfd, 2> ready = {{{listener_, POLLIN, 0}, {ending_, POLLIN, 0}}};
    poll(ready.data(), ready.size(), -1);
    if (ready[1].revents != 0) return;
    const int client = accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC);
    if (client < 0) continue;
    const sync::MutexLock lock(&mutex_);
    connections_.emplace_back([this, client] { Pass(client); });
  }
}

void FaultyLink::Pass(int client) {
  const int server = Dial(server_path_);
  bool open = server >= 0;
  while (open) {
    std::array<pollfd, 3> ready = {
        {{client, POLLIN, 0}, {server, POLLIN, 0}, {ending_, POLLIN, 0}}};
    poll(ready.data(), ready.size(), -1);
    if (ready[2].revents != 0) break;
    if (ready[0].revents != 0) open = PassOn(client, server);
    if (open && ready[1].revents != 0) open = PassOn(server, client);
  }
  close(client);
  if (server >= 0) close(server);
}

bool FaultyLink::PassOn(int from, int to) {
  std::array<char, 65536> buffer;
  const ssize_t got = recv(from, buffer.data(), buffer.size(), 0);
  if (got <= 0) return false;
  while (silent_) {
    if (Ending(milliseconds(10))) return false;
  }
  const auto [cut, held] = Fate();
  if (cut || (held.count() > 0 && Ending(held))) return false;
  return SendAll(to, {buffer.data(), static_cast<size_t>(got)});
}

std::pair<bool, milliseconds> FaultyLink::Fate() {
  const sync::MutexLock lock(&mutex_);
  const double roll = std::uniform_real_distribution<>()(random_);
  if (roll < faults_.cut) {
    ++cuts_;
    return {true, milliseconds(0)};
  }
  if (roll < faults_.cut + faults_.held) {
    ++holds_;
    const auto longest = static_cast<unsigned>(faults_.longest.count());
    return {false, milliseconds(1 + random_() % longest)};
  }
  return {false, milliseconds(0)};
}

}  // namespace tokenforge::chaos
