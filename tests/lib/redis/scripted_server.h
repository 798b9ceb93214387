// ScriptedServer: something on a loopback port that speaks Redis' protocol and answers what a test
// tells it to: a server that says READONLY, a sentinel that names the wrong one, nonsense.
//
// The answer is asked for each command, on a thread of the server's own, one at a time. Ends with
// the object.
#pragma once

#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "lib/sync/mutex.h"

namespace tokenforge::fakes {

class ScriptedServer {
 public:
  // RESP, such as "+PONG\r\n"; empty: it stays silent.
  using Answer = std::function<std::string(const std::vector<std::string>& command)>;

  explicit ScriptedServer(Answer answer);
  ~ScriptedServer();
  ScriptedServer(const ScriptedServer&) = delete;
  ScriptedServer& operator=(const ScriptedServer&) = delete;

  int port() const { return port_; }
  std::string address() const { return "127.0.0.1:" + std::to_string(port_); }

  // How many commands of this name have come.
  int Count(const std::string& name);
  // Waits until so many have.
  void Await(const std::string& name, int count);

 private:
  struct Connection {
    int fd;
    std::string pending;
  };
  void Serve();
  bool Read(Connection* connection);

  const Answer answer_;
  int listener_;
  int ending_;  // readable when it is over
  int port_ = 0;
  sync::Mutex mutex_;
  sync::CondVar changed_;
  std::vector<std::string> seen_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

// Replies as they go over the wire.
std::string Bulk(const std::string& text);
std::string List(const std::vector<std::string>& texts);

}  // namespace tokenforge::fakes
