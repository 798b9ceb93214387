// Process: the life of a server, from the first line of main to its exit code (contract, section
// 8).
//
//   absl::Status Wire(const Config& config, rpc::Process& process) {
//     auto redis = redis::Open(…);
//     process.OnClose("redis", [&] { redis.reset(); });
//     return process.Serve([&](grpc::ServerBuilder& builder) { return guard->Start(builder); });
//   }
//   int main(int argc, char** argv) {
//     rpc::Process process("tokenforge-keys");  // before anything else
//     config::Parser parser(…);
//     Config config;
//     Declare(parser, config);
//     if (const auto outcome = parser.Parse(argc, argv); !outcome.run) return outcome.exit_code;
//     return process.Run(config.server, [&] { return Wire(config, process); });
//   }
//
// Stopping is lib/rpc/drain.h with `drain_delay`, `shutdown_grace` and `stop_limit`; then the
// operators' port goes, which said that we live until here, logs are flushed, exit 0.
//
// One object per process, made on the main thread while it is the only one. OnDrain, OnClose,
// Serve: main thread. readiness(), StopRequested() and Sleep() are thread-safe. Hooks run on the
// main thread and may block.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/operators/http_server.h"
#include "lib/operators/readiness.h"
#include "lib/rpc/settings.h"

namespace grpc {
class Server;
class ServerBuilder;
}  // namespace grpc

namespace tokenforge::rpc {

class Process {
 public:
  // Turns abseil's deadlock detector off (it aborts in Debian's build), ignores SIGPIPE, forbids
  // core dumps (they would hold keys), and blocks the signals that Run handles.
  explicit Process(std::string service);
  ~Process();
  Process(const Process&) = delete;
  Process& operator=(const Process&) = delete;

  // Starts the log, the signal thread and the operators' port, calls `wire`, and returns the exit
  // code: 0 after a stop that was asked for and went to its end; 1 after an error, which is logged
  // as one line.
  int Run(const ServerSettings& settings, const std::function<absl::Status()>& wire);

  // Conditions without which this process should get no calls; components keep theirs up to date.
  operators::Readiness& readiness();

  // One more page of the operators' port (lib/operators/http_server.h), inside `wire`. It may be
  // asked for until the process ends, after everything that `wire` made has gone: the handler owns
  // what it needs.
  void ServeToOperators(std::string path, operators::HttpHandler handler);

  // Ends streams that would otherwise outlive the grace, with UNAVAILABLE DRAINING, and lets no new
  // one begin.
  void OnDrain(std::function<void()> hook);

  // Closes a thing after the last call has ended; `name` is for the line that says what hung.
  void OnClose(std::string name, std::function<void()> close);

  // Serves until a signal and then drains. `start` registers the services (through the guard) and
  // returns builder.BuildAndStart(); port, credentials, limits and health are set already. Fails
  // when the certificates are bad or the port cannot be had. Called once, inside `wire`; what it
  // serves must outlive it.
  using Start = std::function<absl::StatusOr<std::unique_ptr<grpc::Server>>(grpc::ServerBuilder&)>;
  // `services` are the full service names that health checks may ask for beside the whole server.
  absl::Status Serve(const Start& start, std::vector<std::string> services = {});

  // For steps of the start that wait for a dependency: true once a signal came. Sleep returns false
  // as soon as one comes.
  bool StopRequested() const;
  bool Sleep(std::chrono::milliseconds duration);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tokenforge::rpc
