// ServerLife: from the first line of main to the exit code, so that an update of a guarded server
// fails no call.
//
//   int main() {
//     tokenforge::ServerLife life;             // first: before there is another thread
//     …
//     life.Prepare(builder);                   // health, connection age
//     auto server = guard.Start(builder);
//     …
//     return life.Serve(*std::move(server));   // until SIGTERM or SIGINT
//   }
//
// SIGTERM or SIGINT, then: health NOT_SERVING and Draining(); `drain_delay`, serving on, in which
// clients take other replicas; OnDrain hooks and health watches end streams; Shutdown, which lets
// running calls finish for up to `shutdown_grace`; OnClose in the order given; exit code 0. At
// `stop_limit` after the signal, or at a second signal: one log line with what was left, and the
// process ends with code 1. Clients that see nothing of all this: tokenforge/client.h.
//
// One object per process, which ignores SIGPIPE and takes SIGTERM and SIGINT. Draining and
// SetServing are thread-safe; all else is the main thread's. Hooks run on the thread of Serve and
// may block.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace grpc {
class Server;
class ServerBuilder;
}  // namespace grpc

namespace tokenforge {

struct ServerLifeOptions {
  // At least what clients and load balancers need to see that we leave; 0 in development.
  std::chrono::milliseconds drain_delay{5000};
  std::chrono::milliseconds shutdown_grace{20000};
  std::chrono::milliseconds stop_limit{30000};  // of all; Kubernetes: less than the grace period
  // After this a client connects anew, and so finds new replicas; five more minutes for its calls.
  std::chrono::milliseconds max_connection_age{30 * 60 * 1000};
};

class ServerLife {
 public:
  explicit ServerLife(const ServerLifeOptions& options = {});
  ~ServerLife();
  ServerLife(const ServerLife&) = delete;
  ServerLife& operator=(const ServerLife&) = delete;

  // Adds grpc.health.v1.Health for the server as a whole and these full service names, and the
  // connection age. The object must outlive the server.
  void Prepare(grpc::ServerBuilder& builder, std::vector<std::string> services = {});

  // Ends streams of yours that would outlive the grace, and lets no new one begin.
  void OnDrain(std::function<void()> hook);
  // Closes a thing after the last call has ended; `name` is for the line that says what hung.
  void OnClose(std::string name, std::function<void()> close);

  // Whether the server should get calls, by conditions of your own; true when Serve begins, unless
  // said before.
  void SetServing(bool serving);
  // From the signal on: a part of your readiness.
  bool Draining() const;

  // Serves until a signal, ends the server as above, and returns main's exit code.
  int Serve(std::unique_ptr<grpc::Server> server);

 private:
  struct State;
  std::unique_ptr<State> state_;
};

}  // namespace tokenforge
