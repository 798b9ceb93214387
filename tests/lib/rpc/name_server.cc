#include "tests/lib/rpc/name_server.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <stdexcept>
#include <utility>

namespace tokenforge::rpc::testing {
namespace {

// RFC 1035, section 4.
constexpr std::size_t kHeader = 12;
constexpr std::size_t kTypeAndClass = 4;
constexpr int kTypeA = 1;

void AppendNumber(std::string& bytes, int number) {
  bytes += static_cast<char>(number >> 8);
  bytes += static_cast<char>(number & 0xFF);
}

// Where the question ends that begins behind the header; 0 when it is none.
std::size_t EndOfQuestion(const std::string& message) {
  std::size_t at = kHeader;
  while (at < message.size() && message[at] != 0) {
    at += 1 + static_cast<unsigned char>(message[at]);
  }
  at += 1 + kTypeAndClass;
  return at <= message.size() ? at : 0;
}

}  // namespace

NameServer::NameServer(std::vector<std::string> addresses) : addresses_(std::move(addresses)) {
  socket_ = socket(AF_INET, SOCK_DGRAM | SOCK_CLOEXEC, 0);
  sockaddr_in own = {};
  own.sin_family = AF_INET;
  own.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
  socklen_t size = sizeof own;
  if (bind(socket_, reinterpret_cast<sockaddr*>(&own), size) != 0 ||
      getsockname(socket_, reinterpret_cast<sockaddr*>(&own), &size) != 0) {
    throw std::runtime_error("no port for a name server");
  }
  port_ = ntohs(own.sin_port);
  thread_ = std::thread([this] { Serve(); });
}

NameServer::~NameServer() {
  shutdown(socket_, SHUT_RDWR);  // wakes the thread
  thread_.join();
  close(socket_);
}

void NameServer::Set(std::vector<std::string> addresses) {
  const sync::MutexLock lock(&mutex_);
  addresses_ = std::move(addresses);
}

std::string NameServer::target(int port) const {
  return "dns://127.0.0.1:" + std::to_string(port_) + "/replicas.test:" + std::to_string(port);
}

void NameServer::Serve() {
  for (;;) {
    std::string message(1500, '\0');
    sockaddr_in from = {};
    socklen_t size = sizeof from;
    const ssize_t length = recvfrom(socket_, message.data(), message.size(), 0,
                                    reinterpret_cast<sockaddr*>(&from), &size);
    if (length <= 0) return;
    message.resize(static_cast<std::size_t>(length));
    const std::string answer = Answer(message);
    if (answer.empty()) continue;
    sendto(socket_, answer.data(), answer.size(), 0, reinterpret_cast<sockaddr*>(&from), size);
  }
}

std::string NameServer::Answer(const std::string& question) {
  const std::size_t end = question.size() < kHeader ? 0 : EndOfQuestion(question);
  if (end == 0) return {};
  const sync::MutexLock lock(&mutex_);
  const bool wants_ipv4 = question[end - 3] == kTypeA;
  const std::size_t count = wants_ipv4 ? addresses_.size() : 0;
  std::string answer = question.substr(0, 2) + "\x81\x80";  // an answer, without fault
  for (const int number : {1, static_cast<int>(count), 0, 0}) AppendNumber(answer, number);
  answer += question.substr(kHeader, end - kHeader);
  for (std::size_t i = 0; i < count; ++i) {
    answer += "\xC0\x0C";  // the name asked for
    for (const int number : {kTypeA, 1, 0, 0, 4}) AppendNumber(answer, number);  // no time to live
    in_addr address = {};
    inet_pton(AF_INET, addresses_[i].c_str(), &address);
    answer.append(reinterpret_cast<const char*>(&address), sizeof address);
  }
  return answer;
}

}  // namespace tokenforge::rpc::testing
