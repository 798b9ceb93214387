// Echo servers in processes of their own, and calls to them: what a call costs its server.
#pragma once

#include <sys/types.h>

#include <memory>
#include <string>
#include <vector>

#include "bench/load.h"
#include "bench/proto/echo.grpc.pb.h"

namespace tokenforge::jose {
class Signer;
}

namespace tokenforge::bench {

inline constexpr int kEchoesInFlight = 64;

// An access token that the guarded server takes, for an hour.
std::string NewToken(const jose::Signer& signer);

// This program again as a server, optionally under valgrind. It tells its port on its standard
// output and ends when its standard input closes. `words` is what main tells it by: "--serve-bare",
// "--serve-guarded JWKS_FILE", "--serve-guarded JWKS_FILE COLLECTOR".
class ServerProcess {
 public:
  explicit ServerProcess(const std::vector<std::string>& words,
                         const std::string& counts_file = "");
  ~ServerProcess() { Stop(); }
  void Stop();
  int pid() const { return pid_; }
  int port() const { return port_; }

 private:
  pid_t pid_ = -1;
  int stop_ = -1;
  int port_ = 0;
};

class EchoLoad {
 public:
  EchoLoad(int port, std::vector<std::string> tokens);
  LoadResult Run(long calls, int in_flight = kEchoesInFlight);

 private:
  std::unique_ptr<v1::EchoService::Stub> stub_;
  std::vector<std::string> tokens_;
};

// CPU that the server used for each of so many calls; ends the process when one of them fails.
double MicrosecondsACall(const ServerProcess& server, EchoLoad& load, long calls);

}  // namespace tokenforge::bench
