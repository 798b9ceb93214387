#include "lib/rpc/stop_signals.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <sys/signalfd.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <memory>
#include <optional>
#include <utility>

#include "lib/telemetry/call.h"
#include "lib/telemetry/log.h"

namespace tokenforge::rpc::internal {
namespace {

sigset_t Signals() {
  sigset_t set;
  sigemptyset(&set);
  sigaddset(&set, SIGTERM);
  sigaddset(&set, SIGINT);
  return set;
}

// Gives the log a second to be written; a log that hangs must not keep the process.
void FlushBriefly() {
  struct Flushed {
    sync::Mutex mutex;
    sync::CondVar changed;
    bool done ABSL_GUARDED_BY(mutex) = false;
  };
  const auto flushed = std::make_shared<Flushed>();
  std::thread([flushed] {
    telemetry::FlushLogs();
    const sync::MutexLock lock(&flushed->mutex);
    flushed->done = true;
    flushed->changed.NotifyAll();
  }).detach();
  const auto limit = std::chrono::steady_clock::now() + std::chrono::seconds(1);
  const sync::MutexLock lock(&flushed->mutex);
  while (!flushed->done && flushed->changed.WaitUntil(&flushed->mutex, limit)) {
  }
}

}  // namespace

void StopSignals::Block() {
  const sigset_t set = Signals();
  pthread_sigmask(SIG_BLOCK, &set, nullptr);
}

void StopSignals::Start(std::chrono::milliseconds stop_limit) {
  stop_limit_ = stop_limit;
  const sigset_t set = Signals();
  signal_fd_ = signalfd(-1, &set, SFD_CLOEXEC | SFD_NONBLOCK);
  wake_fd_ = eventfd(0, EFD_CLOEXEC);
  thread_ = std::thread([this] { Read(); });
}

StopSignals::~StopSignals() {
  if (!thread_.joinable()) return;
  const std::uint64_t one = 1;
  while (write(wake_fd_, &one, sizeof one) < 0 && errno == EINTR) {
  }
  thread_.join();
  close(signal_fd_);
  close(wake_fd_);
}

void StopSignals::Read() {
  std::optional<std::chrono::steady_clock::time_point> limit;
  while (true) {
    std::array<pollfd, 2> fds = {pollfd{signal_fd_, POLLIN, 0}, pollfd{wake_fd_, POLLIN, 0}};
    int timeout = -1;
    if (limit) {
      const auto left =
          std::chrono::ceil<std::chrono::milliseconds>(*limit - std::chrono::steady_clock::now());
      timeout = static_cast<int>(std::max<std::int64_t>(left.count(), 0));
    }
    const int ready = poll(fds.data(), fds.size(), timeout);
    if (ready == 0) EndNow("the time to stop is over");
    if (fds[1].revents != 0) return;
    signalfd_siginfo signal = {};
    if (ready < 0 || read(signal_fd_, &signal, sizeof signal) != sizeof signal) continue;
    if (limit) EndNow("a second signal");
    limit = std::chrono::steady_clock::now() + stop_limit_;
    Request(static_cast<int>(signal.ssi_signo));
  }
}

void StopSignals::Request(int signal) {
  telemetry::Log(telemetry::Level::kInfo, "stopping",
                 {{"signal", signal == SIGTERM ? "SIGTERM" : "SIGINT"}});
  const sync::MutexLock lock(&mutex_);
  requested_ = true;
  changed_.NotifyAll();
}

void StopSignals::EndNow(const std::string& why) {
  std::string stage;
  {
    const sync::MutexLock lock(&mutex_);
    stage = stage_;
  }
  telemetry::Log(telemetry::Level::kError, "ended before everything was done",
                 {{"why", why}, {"left", stage}, {"calls", telemetry::RunningCalls()}});
  FlushBriefly();
  _exit(1);
}

void StopSignals::Stage(std::string stage) {
  const sync::MutexLock lock(&mutex_);
  stage_ = std::move(stage);
}

bool StopSignals::Requested() const {
  const sync::MutexLock lock(&mutex_);
  return requested_;
}

bool StopSignals::Sleep(std::chrono::milliseconds duration) {
  const auto end = std::chrono::steady_clock::now() + duration;
  const sync::MutexLock lock(&mutex_);
  while (!requested_) {
    if (!changed_.WaitUntil(&mutex_, end)) return !requested_;
  }
  return false;
}

void StopSignals::WaitForRequest() {
  const sync::MutexLock lock(&mutex_);
  while (!requested_) changed_.Wait(&mutex_);
}

}  // namespace tokenforge::rpc::internal
