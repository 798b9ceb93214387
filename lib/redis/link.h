// Link: the life of one connection — dial, authenticate, lose, back off, dial again. Private to
// lib/redis.
//
// A link is up only after AUTH, SELECT and a PING have been answered: a server that accepts
// connections but is stopped, loading its data or refusing the password is down.
//
// Loop thread only. It owns the hiredis context; commands are appended to context() directly.
#pragma once

#include <hiredis/async.h>
#include <uv.h>

#include <functional>
#include <random>
#include <string>
#include <string_view>
#include <vector>

#include "lib/redis/client.h"

namespace tokenforge::redis {

class Link {
 public:
  class Listener {
   public:
    virtual ~Listener() = default;
    virtual void OnUp() = 0;
    // An attempt failed, or the connection was lost. `why` holds no secret.
    virtual void OnDown(std::string_view why) = 0;
  };

  // To this server and database. Of the options, which outlive it, it uses who we are, timeouts and
  // back-off.
  Link(uv_loop_t* loop, ServerAddress server, int database, const Options* options,
       Listener* listener);
  Link(const Link&) = delete;
  Link& operator=(const Link&) = delete;

  void Start();
  // Ends for good; what is in flight fires with null replies before this returns. The loop must run
  // on until `gone` is called, which may destroy the link: then it points to it no more.
  void Stop(std::function<void()> gone = {});

  const ServerAddress& server() const { return server_; }
  // Where the next attempt goes.
  void SetServer(ServerAddress server) { server_ = std::move(server); }

  // Where commands go while the link is up; null while it is down.
  redisAsyncContext* context() const { return up_ ? context_ : nullptr; }
  // Sends what has been appended. Call before the loop polls.
  void Flush();
  // Gives a connection up that does not answer, and dials again.
  void Drop(std::string_view why);

 private:
  static Link* Of(uv_handle_t* handle) { return static_cast<Link*>(handle->data); }
  static void OnResolved(uv_getaddrinfo_t* request, int status, addrinfo* found);
  static void OnConnected(const redisAsyncContext* context, int status);
  static void OnDisconnected(const redisAsyncContext* context, int status);
  static void OnGreeted(redisAsyncContext* context, void* reply, void* is_last);

  void Attempt();
  void Resolve();
  void Dial(redisAsyncContext* context);
  void Greet();
  void Down(std::string_view why);  // the context is gone, or going by itself
  void TellGone();
  std::chrono::milliseconds NextPause();

  uv_loop_t* const loop_;
  ServerAddress server_;
  const int database_;
  const Options* const options_;
  Listener* const listener_;
  uv_timer_t timer_;  // ends an attempt that takes too long; or the pause before the next
  uv_getaddrinfo_t resolution_;
  bool resolving_ = false;
  bool stopped_ = false;
  bool closed_ = false;  // the timer
  std::function<void()> gone_;
  bool up_ = false;
  redisAsyncContext* context_ = nullptr;
  unsigned attempts_ = 0;  // since the link was last up
  std::minstd_rand jitter_;
};

}  // namespace tokenforge::redis
