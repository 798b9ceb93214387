#include "lib/rpc/wall_steps.h"

#include "lib/telemetry/log.h"

// Of gRPC's core; weak, so that one that does not have it can be linked with, too.
void grpc_kick_poller() __attribute__((weak));

namespace tokenforge::rpc {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kInterval{200};
constexpr milliseconds kSmallest{50};  // less delays nobody
constexpr milliseconds kTold{1000};    // less is nothing to log

// How far the wall clock is ahead of the steady one.
milliseconds Offset() {
  return std::chrono::duration_cast<milliseconds>(
      std::chrono::system_clock::now().time_since_epoch() -
      std::chrono::steady_clock::now().time_since_epoch());
}

}  // namespace

WallSteps::~WallSteps() {
  {
    const sync::MutexLock lock(&mutex_);
    ending_ = true;
    ended_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void WallSteps::Start() {
  thread_ = std::thread([this] { Watch(); });
}

void WallSteps::Watch() {
  for (milliseconds last = Offset(); Pause();) {
    const milliseconds now = Offset();
    const milliseconds step = now - last;
    last = now;
    if (step < -kSmallest && grpc_kick_poller != nullptr) grpc_kick_poller();
    if (step < -kTold || step > kTold) {
      telemetry::Log(telemetry::Level::kWarning, "the clock of this machine was set",
                     {{"by_ms", step.count()}});
    }
  }
}

bool WallSteps::Pause() {
  const auto until = std::chrono::steady_clock::now() + kInterval;
  const sync::MutexLock lock(&mutex_);
  while (!ending_ && ended_.WaitUntil(&mutex_, until)) {
  }
  return !ending_;
}

}  // namespace tokenforge::rpc
