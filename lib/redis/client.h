// Client: commands to Redis from any thread, without waiting for an answer before sending the next.
//
// Why: one pipelined connection with one event-loop thread carries several times what a pool of
// blocking connections does, at a tenth of the CPU, and no caller's thread ever blocks.
//
// Threading: every method may be called from any thread. A callback, and the coroutine behind Call,
// runs on the event-loop thread — or on the calling thread, inside the call, when the command is
// refused at once. It must not block, and must not destroy the client. It is called exactly once
// for every command, also when the client is destroyed.
//
// Errors (messages never hold an argument or what the server said beyond its error code):
//   DEPENDENCY_DOWN  not connected; connection lost; deadline passed; the server is loading,
//   read-only,
//                    out of memory or cannot persist. With RetryInfo. A message that says "may have
//                    run" means just that: only idempotent commands are safe to repeat.
//   OVERLOADED       as many commands as the bound allows are waiting; refused at once.
//   INTERNAL_FAULT   any other error of the server: wrong type, no permission, a fault in a script.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/async/task.h"
#include "lib/clock/clock.h"
#include "lib/redis/command.h"
#include "lib/redis/endpoint.h"
#include "lib/redis/reply.h"
#include "lib/secret/secret.h"

namespace tokenforge::redis {

class Client {
 public:
  using Done = std::function<void(absl::StatusOr<Reply>)>;
  using DoneEach = std::function<void(absl::StatusOr<std::vector<Reply>>)>;

  virtual ~Client() = default;

  // Sends the command; `done` gets its answer, or an error no later than shortly after the
  // deadline.
  virtual void Run(Command command, clock::SteadyTime deadline, Done done) = 0;

  // The same on every server that holds data, each primary of a cluster: all answers, in no order,
  // or one of the errors. A cluster that does not serve every slot is DEPENDENCY_DOWN.
  virtual void RunOnEach(Command command, clock::SteadyTime deadline, DoneEach done);

  // True while commands can be answered: connected, authenticated, and not loading its data; of a
  // cluster, by at least one primary. For readiness.
  virtual bool Connected() const = 0;

  // Grows whenever commands begin to go to a server anew: after a loss, a failover may have undone
  // what was acknowledged and seen, and the clock that IDs are made from may have gone back.
  // Whoever reads on from a place in a stream begins anew when this has grown. Any thread.
  virtual uint64_t Losses() const { return 0; }

  // The same for coroutines. Name the command before co_await and move it in: g++ 12 destroys
  // owning temporaries of a co_await expression twice.
  async::Task<absl::StatusOr<Reply>> Call(Command&& command, clock::SteadyTime deadline);
  async::Task<absl::StatusOr<Reply>> CallScript(const Script& script,
                                                std::span<const std::string> keys,
                                                std::span<const std::string> arguments,
                                                clock::SteadyTime deadline);
  async::Task<absl::StatusOr<std::vector<Reply>>> CallOnEach(Command&& command,
                                                             clock::SteadyTime deadline);
};

// Watches a client, for metrics. Called on the event-loop thread and on callers' threads at once;
// outlives the client.
class Observer {
 public:
  virtual ~Observer() = default;
  // A command ended. `operation` is its label; the status OK, or what the caller was told.
  virtual void OnDone(std::string_view operation, std::chrono::nanoseconds took,
                      const absl::Status& status) = 0;
  // The connection came up, was lost, or an attempt to make it failed; `why` (then) holds no
  // secret.
  virtual void OnConnection(bool up, std::string_view why) = 0;
  // One of several servers came or went, by its address. It does not decide anything.
  virtual void OnNode(std::string_view /*node*/, bool /*up*/, std::string_view /*why*/) {}
};

// What must not be lost with its server: an answer counts only once so many replicas have confirmed
// it and everything before it (Redis' WAIT), and is DEPENDENCY_DOWN "it may be lost" when they do
// not in time. The connection stands still meanwhile: for a client of its own, beside one for all
// else.
struct Replication {
  int replicas = 0;  // 0: an answer counts at once
  // How long they may take; less than the stall_timeout, which would end the connection first.
  std::chrono::milliseconds within{500};
};

struct Options {
  Endpoint endpoint;
  std::string username;                    // empty: the default user; of every node of a cluster
  std::optional<secret::Secret> password;  // none: no AUTH
  std::string sentinel_username;           // the same for the Sentinels
  std::optional<secret::Secret> sentinel_password;
  Replication replication = {};   // of every command that may write
  size_t max_outstanding = 8192;  // commands waiting for an answer; more are OVERLOADED
  std::chrono::milliseconds connect_timeout{1000};  // of one attempt, with AUTH, SELECT and PING
  std::chrono::milliseconds stall_timeout{3000};    // commands in flight and no answer: reconnect
  std::chrono::milliseconds backoff_min{20};        // between attempts, doubling, with jitter
  std::chrono::milliseconds backoff_max{2000};
};

// A client of whatever the endpoint names. Returns at once and connects behind; commands wait for
// the first attempt, and while disconnected after it they fail at once. `observer` may be null.
std::unique_ptr<Client> Open(Options options, Observer* observer = nullptr);

struct ServerRequirements {
  bool allow_eviction =
      false;  // accept a maxmemory-policy other than noeviction: sessions may vanish
};
// What must hold before a service trusts a server, each primary of a cluster: version 6.2 or later,
// and maxmemory-policy noeviction. DEPENDENCY_DOWN: not answering, try again. FAILED_PRECONDITION:
// an operator must act, and the message says how.
async::Task<absl::Status> CheckServer(Client& client, ServerRequirements requirements,
                                      clock::SteadyTime deadline);

}  // namespace tokenforge::redis
