// SingleServer: the Client of one server — a bounded queue, one event-loop thread, one connection.
// Private to lib/redis; made by Open().
//
// The way of a command: encoded and queued on the caller's thread; the loop is woken only when the
// queue was empty, so that a burst costs one wake-up; once per turn the loop appends the whole
// queue to the connection and writes it at once. From then on hiredis holds the command until its
// reply, or the end of the connection, comes. A command that runs out of time before is answered
// and forgotten; its late reply is thrown away.
//
// Ownership: a Pending is owned by the queue, then by `waiting_` or by hiredis (as callback data).
#pragma once

#include <uv.h>

#include <atomic>
#include <memory>
#include <string_view>
#include <thread>
#include <vector>

#include "lib/redis/client.h"
#include "lib/redis/deadline_wheel.h"
#include "lib/redis/link.h"
#include "lib/sync/mutex.h"

namespace tokenforge::redis {

class SingleServer final : public Client, private Link::Listener {
 public:
  SingleServer(Options options, Observer* observer);
  // Ends the loop; every command that is waiting gets DEPENDENCY_DOWN. Never on the loop's own
  // thread, and not while another thread is inside Run.
  ~SingleServer() override;

  void Run(Command command, clock::SteadyTime deadline, Done done) override;
  bool Connected() const override { return state_ == State::kUp; }

 private:
  enum class State { kFirstAttempt, kUp, kDown };

  struct Pending : DeadlineWheel::Entry {
    Pending(SingleServer* in_server, Command in_command, clock::SteadyTime in_deadline,
            Done in_done);
    ~Pending() { server->outstanding_.fetch_sub(1, std::memory_order_relaxed); }

    SingleServer* const server;
    Command command;
    const clock::SteadyTime started;
    const clock::SteadyTime deadline;
    Done done;  // empty once it has been called
    bool sent = false;
  };

  static SingleServer* Of(void* data) { return static_cast<SingleServer*>(data); }
  static void OnReply(redisAsyncContext* context, void* reply, void* pending);
  void Refuse(Pending* pending, absl::Status why);
  void Finish(Pending* pending, absl::StatusOr<Reply> result);

  // On the loop thread.
  void Loop();
  void Turn();
  void Admit(std::unique_ptr<Pending> pending, clock::SteadyTime now);
  void Submit(std::unique_ptr<Pending> pending);
  bool Append(Pending* pending);
  void Tick();
  void StartTicking();
  void Close();
  void OnUp() override;
  void OnDown(std::string_view why) override;

  const Options options_;
  Observer* const observer_;
  std::atomic<State> state_ = State::kFirstAttempt;
  std::atomic<size_t> outstanding_ = 0;

  sync::Mutex mutex_;
  std::vector<std::unique_ptr<Pending>> queue_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;

  // The loop thread's own.
  uv_loop_t loop_;
  uv_async_t wake_;
  uv_prepare_t before_poll_;
  uv_timer_t tick_;
  std::unique_ptr<Link> link_;
  DeadlineWheel wheel_;
  std::vector<std::unique_ptr<Pending>> drained_;  // kept for its capacity
  std::vector<std::unique_ptr<Pending>> waiting_;  // for the first attempt
  size_t in_flight_ = 0;                           // held by hiredis
  uint64_t last_progress_ms_ = 0;                  // on the loop's clock
  bool ticking_ = false;

  std::thread thread_;
};

}  // namespace tokenforge::redis
