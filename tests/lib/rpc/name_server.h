// A name server of a test's own: every name has the addresses that the test says, and they may
// change. Asked with "dns://127.0.0.1:PORT/any.name:7445".
//
// IPv4 only, UDP only, time to live 0. A thread of its own; Set from any.
#pragma once

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "lib/sync/mutex.h"

namespace tokenforge::rpc::testing {

class NameServer {
 public:
  explicit NameServer(std::vector<std::string> addresses);
  ~NameServer();
  NameServer(const NameServer&) = delete;
  NameServer& operator=(const NameServer&) = delete;

  void Set(std::vector<std::string> addresses);
  std::string target(int port) const;

 private:
  void Serve();
  std::string Answer(const std::string& question);

  int socket_ = -1;
  int port_ = 0;
  sync::Mutex mutex_;
  std::vector<std::string> addresses_ ABSL_GUARDED_BY(mutex_);
  std::thread thread_;
};

}  // namespace tokenforge::rpc::testing
