// tf_timer_probe: a process whose clock is set back by an hour while gRPC waits for a timer. It
// ends once the timer has come all the same. To be run under stepped_clock.cc.
#include <fcntl.h>
#include <grpcpp/alarm.h>
#include <grpcpp/completion_queue.h>
#include <unistd.h>

#include <chrono>
#include <cstdint>
#include <cstdlib>

#include "lib/rpc/wall_steps.h"

int main() {
  const char* const file = std::getenv("STEPPED_CLOCK_FILE");
  const int step = file == nullptr ? -1 : open(file, O_WRONLY | O_CLOEXEC);
  if (step < 0) return 2;
  tokenforge::rpc::WallSteps steps;
  steps.Start();
  grpc::CompletionQueue queue;
  grpc::Alarm alarm;
  alarm.Set(&queue,
            gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_millis(3000, GPR_TIMESPAN)),
            nullptr);
  void* tag = nullptr;
  bool ok = false;
  // By then gRPC's timer thread sleeps.
  queue.AsyncNext(&tag, &ok, gpr_time_from_millis(1000, GPR_TIMESPAN));
  const std::int64_t back =
      std::chrono::duration_cast<std::chrono::nanoseconds>(-std::chrono::hours(1)).count();
  if (pwrite(step, &back, sizeof back, 0) != sizeof back) return 2;
  return queue.Next(&tag, &ok) && ok ? 0 : 1;
}
