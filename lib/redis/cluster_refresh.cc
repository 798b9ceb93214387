#include "lib/redis/cluster_refresh.h"

#include <algorithm>
#include <utility>

namespace tokenforge::redis {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kShortestPause{50};
constexpr milliseconds kLongestPause{400};
constexpr milliseconds kQuietFor{20000};

}  // namespace

ClusterRefresh::ClusterRefresh(uv_loop_t* loop, std::function<bool()> ask)
    : loop_(loop), ask_(std::move(ask)), pause_(kShortestPause), jitter_(std::random_device()()) {
  uv_timer_init(loop_, &timer_);
  timer_.data = this;
}

void ClusterRefresh::Want() {
  if (state_ == State::kAsking) again_ = true;
  if (state_ != State::kQuiet) return;
  const milliseconds since(uv_now(loop_) - asked_ms_);
  if (asked_before_ && since < kShortestPause) return Arm(kShortestPause, State::kPausing);
  Ask();
}

void ClusterRefresh::Ask() {
  uv_timer_stop(&timer_);
  state_ = State::kAsking;
  again_ = false;
  asked_before_ = true;
  asked_ms_ = uv_now(loop_);
  if (!ask_() && state_ == State::kAsking) state_ = State::kQuiet;
}

void ClusterRefresh::Done(bool settled) {
  if (state_ == State::kStopped) return;
  if (settled && !again_) {
    pause_ = kShortestPause;
    return Arm(kQuietFor, State::kQuiet);
  }
  Arm(pause_, State::kPausing);
  pause_ = std::min(pause_ * 2, kLongestPause);
}

// Between half and all of it, so that many clients do not ask at once.
void ClusterRefresh::Arm(milliseconds at_most, State state) {
  state_ = state;
  const auto longest = static_cast<uint64_t>(at_most.count());
  uv_timer_start(
      &timer_, [](uv_timer_t* timer) { static_cast<ClusterRefresh*>(timer->data)->Ask(); },
      std::uniform_int_distribution<uint64_t>(longest / 2, longest)(jitter_), 0);
}

void ClusterRefresh::Stop() {
  if (std::exchange(state_, State::kStopped) == State::kStopped) return;
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr);
}

}  // namespace tokenforge::redis
