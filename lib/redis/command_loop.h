// CommandLoop: the front of every client — a bounded queue, one event-loop thread, deadlines.
// Private to lib/redis.
//
// The way of a command: encoded and queued on the caller's thread; the loop is woken only when the
// queue was empty, so that a burst costs one wake-up; once per turn the loop hands the whole queue
// to the backend, which appends it to connections, and then has it all written at once. A command
// that runs out of time before is answered here and forgotten; its late reply is thrown away.
#pragma once

#include <uv.h>

#include <atomic>
#include <memory>
#include <thread>
#include <vector>

#include "lib/redis/client.h"
#include "lib/redis/deadline_wheel.h"
#include "lib/redis/pending.h"
#include "lib/sync/mutex.h"

namespace tokenforge::redis {

class CommandLoop {
 public:
  // Who sends the commands. All on the loop thread, except MayAnswer.
  class Backend {
   public:
    virtual ~Backend() = default;
    // Any thread: false when a command would only wait in vain; it is then refused at once.
    virtual bool MayAnswer() const = 0;
    virtual void OnStart() = 0;
    // Its deadline has not passed, and is watched.
    virtual void Submit(std::unique_ptr<Pending> pending) = 0;
    // Sends what has been appended to connections.
    virtual void Flush() = 0;
    // Every few milliseconds from StartTicking on, after the deadlines that have passed; until it
    // answers that nothing waits any more.
    virtual bool Tick() = 0;
    // Finishes every command that it holds, and closes all its handles of the loop.
    virtual void OnStop() = 0;
  };

  CommandLoop(size_t max_outstanding, Observer* observer, Backend* backend);
  // After Stop.
  ~CommandLoop();
  CommandLoop(const CommandLoop&) = delete;
  CommandLoop& operator=(const CommandLoop&) = delete;

  // Starts the thread; once, when the backend is whole.
  void Start();
  // Ends the thread; every command that is waiting gets DEPENDENCY_DOWN. Never on the loop's own
  // thread, and not while another thread is inside Run.
  void Stop();

  // Any thread: as Client::Run.
  void Run(Command command, clock::SteadyTime deadline, Client::Done done);

  // Any thread: as Client::Losses.
  uint64_t losses() const { return losses_; }

  // What follows is the loop thread's own.
  void NoteLoss() { ++losses_; }
  uv_loop_t* loop() { return &loop_; }
  Observer* observer() const { return observer_; }
  // A command of the client's own; it counts as any other. Its deadline is watched.
  std::unique_ptr<Pending> Make(Command command, clock::SteadyTime deadline, Client::Done done);
  // Answers, unless its deadline came first.
  void Finish(Pending* pending, absl::StatusOr<Reply> result);
  // Something waits: a reply, or a command for its turn.
  void StartTicking();

 private:
  static CommandLoop* Of(void* data) { return static_cast<CommandLoop*>(data); }
  void Loop();
  void Turn();
  void Admit(std::unique_ptr<Pending> pending, clock::SteadyTime now);
  void Tick();
  void Close();

  const size_t max_outstanding_;
  Observer* const observer_;
  Backend* const backend_;
  std::atomic<size_t> outstanding_ = 0;
  std::atomic<uint64_t> losses_ = 0;

  sync::Mutex mutex_;
  std::vector<std::unique_ptr<Pending>> queue_ ABSL_GUARDED_BY(mutex_);
  bool closed_ ABSL_GUARDED_BY(mutex_) = false;

  // The loop thread's own.
  uv_loop_t loop_;
  uv_async_t wake_;
  uv_prepare_t before_poll_;
  uv_timer_t tick_;
  DeadlineWheel wheel_;
  std::vector<std::unique_ptr<Pending>> drained_;  // kept for its capacity
  bool ticking_ = false;

  std::thread thread_;
};

}  // namespace tokenforge::redis
