// Pending: a command on its way, from the caller's thread to its answer. Private to lib/redis.
//
// Exactly one owner at any time: the queue of the CommandLoop, then a list of the client's, or
// hiredis (as callback data of a Pipeline). Everything but its construction is on the loop thread.
// `done` is called once, at the latest when the deadline has passed; the object may live on after
// it, as long as a server owes its reply: it still counts.
#pragma once

#include <atomic>
#include <utility>

#include "lib/redis/client.h"
#include "lib/redis/deadline_wheel.h"
#include "lib/telemetry/span.h"

namespace tokenforge::redis {

class Pipeline;

struct Pending : DeadlineWheel::Entry {
  // Counts itself in `in_count` (already incremented) until it dies.
  Pending(std::atomic<size_t>* in_count, Command in_command, clock::SteadyTime in_deadline,
          Client::Done in_done)
      : count(in_count),
        command(std::move(in_command)),
        started(std::chrono::steady_clock::now()),
        deadline(in_deadline),
        done(std::move(in_done)) {}
  ~Pending() { count->fetch_sub(1, std::memory_order_relaxed); }

  std::atomic<size_t>* const count;
  Command command;
  const clock::SteadyTime started;
  const clock::SteadyTime deadline;
  Client::Done done;             // empty once it has been called
  Pipeline* pipeline = nullptr;  // where it was sent last
  bool sent = false;             // to any server: it may have run
  telemetry::Span span;          // empty: not traced

  // Of a cluster's client.
  bool asking = false;   // ASKING goes ahead of it
  bool pinned = false;   // meant for this very server: nobody else can answer it
  int redirections = 0;  // that it has followed
  int waits = 0;         // times that it was told to try again later
  int losses = 0;        // connections that were lost while they had it
};

}  // namespace tokenforge::redis
