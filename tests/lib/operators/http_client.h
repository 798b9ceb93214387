// One HTTP/1.1 exchange over a plain socket: what a client that is not of our library's family
// sees.
#pragma once

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cstdint>
#include <string>

namespace tokenforge::operators {

// A connection to a loopback port.
class Connection {
 public:
  explicit Connection(int port) : fd_(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0)) {
    sockaddr_in address{};
    address.sin_family = AF_INET;
    address.sin_port = htons(static_cast<std::uint16_t>(port));
    address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    open_ = connect(fd_, reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0;
  }
  ~Connection() { close(fd_); }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int fd() const { return fd_; }
  bool open() const { return open_; }

  void Send(const std::string& bytes) const { send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL); }

  // Everything until the server closes.
  std::string Read() const {
    std::string answer;
    char buffer[4096];
    for (ssize_t got = 0; (got = recv(fd_, buffer, sizeof(buffer), 0)) > 0;) {
      answer.append(buffer, static_cast<std::size_t>(got));
    }
    return answer;
  }

 private:
  const int fd_;
  bool open_ = false;
};

// Sends `request` as it is and reads until the server closes. Empty when it cannot connect.
inline std::string Exchange(int port, const std::string& request) {
  const Connection connection(port);
  if (!connection.open()) return "";
  connection.Send(request);
  return connection.Read();
}

inline std::string Get(int port, const std::string& path, const std::string& headers = "") {
  return Exchange(port, "GET " + path + " HTTP/1.1\r\nHost: test\r\n" + headers + "\r\n");
}

inline std::string BodyOf(const std::string& answer) {
  const std::size_t end = answer.find("\r\n\r\n");
  return end == std::string::npos ? "" : answer.substr(end + 4);
}

}  // namespace tokenforge::operators
