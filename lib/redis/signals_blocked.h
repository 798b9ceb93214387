// SignalsBlocked: for its life the calling thread, and every thread that it starts, takes no
// signal. Private to lib/redis: signals are for other threads than the event loops, and a write to
// a dead connection then raises none there either (SIGPIPE).
#pragma once

#include <signal.h>

namespace tokenforge::redis {

class SignalsBlocked {
 public:
  SignalsBlocked() {
    sigset_t all;
    sigfillset(&all);
    pthread_sigmask(SIG_SETMASK, &all, &before_);
  }
  ~SignalsBlocked() { pthread_sigmask(SIG_SETMASK, &before_, nullptr); }
  SignalsBlocked(const SignalsBlocked&) = delete;
  SignalsBlocked& operator=(const SignalsBlocked&) = delete;

 private:
  sigset_t before_;
};

}  // namespace tokenforge::redis
