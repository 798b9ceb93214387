// PollBridge: a hiredis connection as a handle of a libuv loop. Private to lib/redis.
//
// Why not the adapter that comes with hiredis: it drops poll errors (a refused TCP connection would
// only be noticed by a timeout), and pays two epoll_ctl calls for every batch of writes. This one
// writes eagerly, once per turn of the loop, and asks for writability only when the socket is full.
//
// Loop thread only. It belongs to its context: hiredis tells it when the context dies, and then it
// goes too.
#pragma once

#include <hiredis/async.h>
#include <uv.h>

namespace tokenforge::redis {

class PollBridge {
 public:
  // False when the context's socket cannot be watched; the context is then unchanged.
  static bool Attach(redisAsyncContext* context, uv_loop_t* loop);

  // Writes what has been appended since the last turn, then watches for what is wanted now. To be
  // called before the loop polls. The context may be gone afterwards (its callbacks tell).
  static void Flush(redisAsyncContext* context);

 private:
  explicit PollBridge(redisAsyncContext* context) : context_(context) {}
  static void OnPoll(uv_poll_t* handle, int status, int events);
  static void Want(void* bridge, int events);
  static void Unwant(void* bridge, int events);
  static void Detach(void* bridge);

  uv_poll_t handle_ = {};
  redisAsyncContext* context_;  // null once it is being freed
  int wanted_ = 0;
  int watched_ = 0;
};

}  // namespace tokenforge::redis
