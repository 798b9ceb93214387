// A small server for process_test: a real process with a real life, whose stages it tells on
// standard output.
//
// GetJwks answers at once, or, with known_version 1, when a line comes on standard input; with
// known_version 2 never.
#include <unistd.h>

#include <chrono>
#include <iostream>
#include <stdexcept>
#include <string>
#include <thread>
#include <vector>

#include "lib/config/config.h"
#include "lib/rpc/process.h"
#include "lib/sync/mutex.h"
#include "tests/lib/rpc/key_server.h"

namespace tokenforge::rpc::testing {
namespace {

void Tell(const std::string& line) { std::cout << line << std::endl; }

class Probe final : public KeyService::CallbackService {
 public:
  grpc::ServerUnaryReactor* GetJwks(grpc::CallbackServerContext* context,
                                    const GetJwksRequest* request, GetJwksResponse*) override {
    if (request->known_version() == 0) return Answer(context, absl::OkStatus());
    grpc::ServerUnaryReactor* const reactor = context->DefaultReactor();
    if (request->known_version() == 1) {
      const sync::MutexLock lock(&mutex_);
      held_.push_back(reactor);
    }
    Tell("held");
    return reactor;
  }
  void Release() {
    const sync::MutexLock lock(&mutex_);
    for (grpc::ServerUnaryReactor* reactor : held_) reactor->Finish(grpc::Status::OK);
    held_.clear();
  }

 private:
  sync::Mutex mutex_;
  std::vector<grpc::ServerUnaryReactor*> held_ ABSL_GUARDED_BY(mutex_);
};

absl::Status Wire(Process& process, const std::string& mode) {
  if (mode == "wait") {
    Tell("waiting");
    while (process.Sleep(std::chrono::hours(1))) {
    }
    return absl::OkStatus();
  }
  if (mode == "fail") return absl::UnavailableError("the store does not answer");
  if (mode == "throw") throw std::runtime_error("secret text");
  static auto& probe = *new Probe;  // the thread below reads on to the end of the process
  std::thread([] {
    for (std::string line; std::getline(std::cin, line);) probe.Release();
  }).detach();
  process.OnDrain([] { Tell("drain hook"); });
  process.OnClose("first", [] { Tell("close first"); });
  process.OnClose("second", [&mode] {
    Tell("close second");
    if (mode == "hang") pause();
  });
  return process.Serve([&](grpc::ServerBuilder& builder) {
    builder.RegisterService(&probe);
    return builder.BuildAndStart();
  });
}

int Main(int argc, char** argv) {
  Process process("probe");
  config::Parser parser("probe", "Shows the life of a process.");
  ServerSettings settings;
  std::string mode;
  Declare(parser, &settings, "127.0.0.1:0", "127.0.0.1:0");
  parser.String("mode", &mode, "", "what to do");
  const config::Outcome outcome = parser.Parse(argc, argv);
  if (!outcome.run) return outcome.exit_code;
  return process.Run(settings, [&] { return Wire(process, mode); });
}

}  // namespace
}  // namespace tokenforge::rpc::testing

int main(int argc, char** argv) { return tokenforge::rpc::testing::Main(argc, argv); }
