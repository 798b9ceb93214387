// Pipeline: commands over one connection, each answer handed back with its command. Private to
// lib/redis.
//
// Appends without waiting for earlier answers; Flush writes. hiredis owns a command from Send until
// its reply, or the end of the connection. A server that owes replies and gives none is dropped.
// A script that the server does not know (it was restarted) is sent again with its source, here,
// because caches of scripts belong to a server. With Options::replication, a WAIT follows each
// command that may write, and its answer is held until that is answered. Loop thread only.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/redis/link.h"
#include "lib/redis/pending.h"

namespace tokenforge::redis {

class Pipeline final : private Link::Listener {
 public:
  class Owner {
   public:
    virtual ~Owner() = default;
    // What the server answered; null: the connection was lost, and the command may have run. The
    // command's `done` may be empty already.
    virtual void OnReply(Pipeline& pipeline, std::unique_ptr<Pending> pending,
                         const redisReply* reply) = 0;
    // The same for a command that waited for replicas: its reply, or that too few confirmed it.
    virtual void OnConfirmed(std::unique_ptr<Pending> pending, absl::StatusOr<Reply> result) = 0;
    virtual void OnUp(Pipeline& pipeline) = 0;
    // After OnReply for everything that was in flight, or before: in no order.
    virtual void OnDown(Pipeline& pipeline, std::string_view why) = 0;
  };

  Pipeline(uv_loop_t* loop, ServerAddress server, int database, const Options* options,
           Owner* owner);

  Link& link() { return link_; }
  bool up() const { return link_.context() != nullptr; }
  size_t in_flight() const { return in_flight_; }
  // How long the server has owed replies without giving any; zero when it owes none.
  std::chrono::milliseconds Silence() const;
  // When it gave the last, or began to owe; on the loop's clock.
  uint64_t last_progress_ms() const { return last_progress_ms_; }

  // Takes the command if the connection is up; otherwise leaves it to the caller.
  bool Send(std::unique_ptr<Pending>* pending);
  // Drops a connection that has been silent for longer than the options say. True while replies
  // are owed.
  bool Tick();

 private:
  static void OnAnswered(redisAsyncContext* context, void* reply, void* pending);
  // An answer that is held until replicas have confirmed it; goes with WAIT's reply.
  struct Held {
    std::unique_ptr<Pending> pending;  // null: it was no success, and has been handed back
    Reply reply;
  };
  void Sent(Pending& pending);  // by this connection, last
  bool SendLasting(std::unique_ptr<Pending>* pending, redisAsyncContext* context);
  static void OnAnsweredLasting(redisAsyncContext* context, void* reply, void* held);
  static void OnWaited(redisAsyncContext* context, void* reply, void* held);
  static void OnAsking(redisAsyncContext*, void*, void*) {}
  void Answered(std::unique_ptr<Pending> pending, const redisReply* reply);
  void OnUp() override { owner_->OnUp(*this); }
  void OnDown(std::string_view why) override { owner_->OnDown(*this, why); }

  uv_loop_t* const loop_;
  const Options* const options_;
  Owner* const owner_;
  const std::string wait_;  // the command that goes behind each that must last; empty: none
  Link link_;
  size_t in_flight_ = 0;           // held by hiredis
  uint64_t last_progress_ms_ = 0;  // on the loop's clock
};

// The value of a reply that is not an error.
Reply CopyOf(const redisReply& reply);

}  // namespace tokenforge::redis
