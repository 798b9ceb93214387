// ClusterRefresh: when a cluster is asked for its map of slots. Private to lib/redis.
//
// Why a pace: every lost node and every moved slot is a reason to ask, and there are thousands of
// them at once when something happens; a cluster in trouble must not be asked to death by all its
// clients. So at most one question is in flight; a reason that comes while one is, asks once more
// after it; two questions are a pause apart, which doubles from 50 to 400 ms until all is well,
// with jitter; and when all is well one is asked every ten to twenty seconds, to notice what
// nothing else tells (a node that was added, or an address that changed). Loop thread only.
#pragma once

#include <uv.h>

#include <chrono>
#include <functional>
#include <random>

namespace tokenforge::redis {

class ClusterRefresh {
 public:
  // `ask` sends the question and later calls Done; false: there is nobody to ask, and Want will be
  // called when there is.
  ClusterRefresh(uv_loop_t* loop, std::function<bool()> ask);

  // The map may be old.
  void Want();
  // The question was answered, or was not; `settled`: nothing is known to be wrong any more.
  void Done(bool settled);
  // Asks no more; the loop must run on until it has nothing left.
  void Stop();

 private:
  enum class State { kQuiet, kPausing, kAsking, kStopped };

  void Ask();
  void Arm(std::chrono::milliseconds at_most, State state);

  uv_loop_t* const loop_;
  const std::function<bool()> ask_;
  uv_timer_t timer_;  // ends the pause, or the quiet
  State state_ = State::kQuiet;
  bool again_ = false;         // wanted while asking
  bool asked_before_ = false;  // then asked_ms_ says when
  uint64_t asked_ms_ = 0;      // on the loop's clock
  std::chrono::milliseconds pause_;
  std::minstd_rand jitter_;
};

}  // namespace tokenforge::redis
