#include "tests/lib/redis/scripted_server.h"

#include <netinet/in.h>
#include <poll.h>
#include <sys/eventfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <optional>
#include <stdexcept>
#include <string_view>

namespace tokenforge::fakes {
namespace {

// Takes "*2\r\n" or "$4\r\n" from the front: its number; none while it is not whole.
std::optional<size_t> TakeHeader(std::string_view* bytes) {
  const size_t end = bytes->find("\r\n");
  if (end == std::string_view::npos) return std::nullopt;
  const size_t number = std::stoul(std::string(bytes->substr(1, end - 1)));
  bytes->remove_prefix(end + 2);
  return number;
}

// Takes a whole command, an array of strings as clients of ours send it, from the front.
std::optional<std::vector<std::string>> TakeCommand(std::string* bytes) {
  std::string_view rest = *bytes;
  const std::optional<size_t> count = TakeHeader(&rest);
  if (!count) return std::nullopt;
  std::vector<std::string> words;
  while (words.size() < *count) {
    const std::optional<size_t> size = TakeHeader(&rest);
    if (!size || rest.size() < *size + 2) return std::nullopt;
    words.emplace_back(rest.substr(0, *size));
    rest.remove_prefix(*size + 2);
  }
  bytes->erase(0, bytes->size() - rest.size());
  return words;
}

}  // namespace

ScriptedServer::ScriptedServer(Answer answer)
    : answer_(std::move(answer)),
      listener_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)),
      ending_(eventfd(0, EFD_CLOEXEC)) {
  sockaddr_in address = {};
  address.sin_family = AF_INET;
  address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof(address);
  if (bind(listener_, reinterpret_cast<sockaddr*>(&address), size) != 0 ||
      listen(listener_, 64) != 0 ||
      getsockname(listener_, reinterpret_cast<sockaddr*>(&address), &size) != 0) {
    throw std::runtime_error("no port to listen on");
  }
  port_ = ntohs(address.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

ScriptedServer::~ScriptedServer() {
  eventfd_write(ending_, 1);
  thread_.join();
  close(listener_);
  close(ending_);
}

void ScriptedServer::Serve() {
  std::vector<Connection> connections;
  for (;;) {
    std::vector<pollfd> polled = {{ending_, POLLIN, 0}, {listener_, POLLIN, 0}};
    for (const Connection& each : connections) polled.push_back({each.fd, POLLIN, 0});
    poll(polled.data(), polled.size(), -1);
    if (polled[0].revents != 0) break;
    for (size_t i = connections.size(); i-- > 0;) {
      if (polled[i + 2].revents == 0 || Read(&connections[i])) continue;
      close(connections[i].fd);
      connections.erase(connections.begin() + static_cast<ptrdiff_t>(i));
    }
    if (polled[1].revents != 0) {
      connections.push_back({accept4(listener_, nullptr, nullptr, SOCK_CLOEXEC), ""});
    }
  }
  for (const Connection& each : connections) close(each.fd);
}

bool ScriptedServer::Read(Connection* connection) {
  std::array<char, 4096> piece;
  const ssize_t got = recv(connection->fd, piece.data(), piece.size(), 0);
  if (got <= 0) return false;
  connection->pending.append(piece.data(), static_cast<size_t>(got));
  while (const auto command = TakeCommand(&connection->pending)) {
    {
      const sync::MutexLock lock(&mutex_);
      seen_.push_back(command->front());
      changed_.NotifyAll();
    }
    const std::string answer = answer_(*command);
    send(connection->fd, answer.data(), answer.size(), MSG_NOSIGNAL);
  }
  return true;
}

int ScriptedServer::Count(const std::string& name) {
  const sync::MutexLock lock(&mutex_);
  return static_cast<int>(std::count(seen_.begin(), seen_.end(), name));
}

void ScriptedServer::Await(const std::string& name, int count) {
  const sync::MutexLock lock(&mutex_);
  while (std::count(seen_.begin(), seen_.end(), name) < count) changed_.Wait(&mutex_);
}

std::string Bulk(const std::string& text) {
  return "$" + std::to_string(text.size()) + "\r\n" + text + "\r\n";
}

std::string List(const std::vector<std::string>& texts) {
  std::string all = "*" + std::to_string(texts.size()) + "\r\n";
  for (const std::string& text : texts) all += Bulk(text);
  return all;
}

}  // namespace tokenforge::fakes
