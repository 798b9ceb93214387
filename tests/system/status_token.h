// The token of a suite's status page: a file that flags can name, and what a browser would send.
#pragma once

#include <fcntl.h>
#include <unistd.h>

#include <cstdlib>
#include <string>

namespace tokenforge::systemtest {

class StatusToken {
 public:
  StatusToken() {
    const int file = mkstemp(path_.data());  // 0600
    if (file < 0 || write(file, kToken, sizeof kToken - 1) != sizeof kToken - 1) std::abort();
    close(file);
  }
  ~StatusToken() { unlink(path_.c_str()); }
  StatusToken(const StatusToken&) = delete;
  StatusToken& operator=(const StatusToken&) = delete;

  static const char* text() { return kToken; }
  std::string flag() const { return "--status-token-file=" + path_; }

 private:
  static constexpr char kToken[] = "q8Zt2mYw0VbL5rXc9sKe7uGh3dJf6nPa";
  std::string path_ = "/tmp/tokenforge-status-XXXXXX";
};

}  // namespace tokenforge::systemtest
