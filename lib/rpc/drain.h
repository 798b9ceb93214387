// Drain: how a server ends without a failed call — in one place and one order, for the services and
// for every guarded server (contract, section 8).
//
//   serving ──SIGTERM, SIGINT──► 1 not ready: health NOT_SERVING, `readiness_off`
//                                2 `delay`, serving on: clients see 1 and take other replicas
//                                3 OnDrain hooks and health watches end: UNAVAILABLE DRAINING
//                                4 Shutdown with `grace`: calls that run finish; GOAWAY to the rest
//                                5 OnClose, in the order given
//   at any time ──`limit` after the signal──► one log line with the step and the calls that were
//               ──a second signal──►          left, exit code 1
//
// Why in this order: a Shutdown that comes first loses the calls that clients have just sent
// (CANCELLED); an open stream would take its whole grace; a handler that never ends would take for
// ever.
//
// One object per process, made on the main thread while it is the only one: it blocks the signals
// for every thread made later. Requested, Sleep and Stage are thread-safe; all else is the main
// thread's. Hooks run on the thread of Run and may block.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>

namespace grpc {
class Server;
}

namespace tokenforge::rpc {

class Health;

struct DrainTimes {
  std::chrono::milliseconds delay{5000};
  std::chrono::milliseconds grace{20000};
  std::chrono::milliseconds limit{30000};
};

class Drain {
 public:
  Drain();  // ignores SIGPIPE, too
  ~Drain();
  Drain(const Drain&) = delete;
  Drain& operator=(const Drain&) = delete;

  // From now on a signal is a request to stop, and the limit counts from it. Once.
  void Start(const DrainTimes& times);

  // Ends streams that would otherwise outlive the grace, and lets no new one begin.
  void OnDrain(std::function<void()> hook);
  // Closes a thing after the last call has ended; `name` is for the line that says what hung.
  void OnClose(std::string name, std::function<void()> close);

  bool Requested() const;
  // Until the time is over (true) or a stop is asked for (false).
  bool Sleep(std::chrono::milliseconds duration);
  // What the process does now, for the line that says what was left.
  void Stage(std::string stage);

  // Serves until a signal, then goes through the steps. `health` is registered with the server.
  void Run(std::unique_ptr<grpc::Server> server, Health& health,
           const std::function<void()>& readiness_off);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tokenforge::rpc
