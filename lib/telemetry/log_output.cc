#include "lib/telemetry/log_output.h"

#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spdlog/async_logger.h>
#include <spdlog/details/thread_pool.h>
#include <spdlog/sinks/sink.h>
#include <unistd.h>

#include <algorithm>
#include <atomic>
#include <cerrno>
#include <cstring>

#include "lib/sync/mutex.h"

namespace tokenforge::telemetry {
namespace {

constexpr std::size_t kBatch = 64 * 1024;
constexpr std::size_t kPipeSafe =
    4096;  // a pipe that polls writable takes this much without blocking
constexpr int kPatienceMs = 1000;

// The writer thread takes no signal: SIGTERM belongs to main, and SIGPIPE (a reader of our stderr
// that went away) would end the process.
void BlockSignals() {
  sigset_t all;
  sigfillset(&all);
  pthread_sigmask(SIG_BLOCK, &all, nullptr);
}

}  // namespace

// Called by the one writer thread. Lines are gathered while more are queued, so that a busy process
// makes few writes.
class LogOutput::Sink final : public spdlog::sinks::sink {
 public:
  explicit Sink(int fd) : fd_(fd) {}
  ~Sink() override { Close(); }

  // Writes what is left, after the pool has ended.
  void Close() {
    if (fd_ < 0) return;
    WriteOut();
    if (torn_) ++lost_;
    if (fd_ != STDERR_FILENO) close(fd_);
    fd_ = -1;
  }

  void Watch(spdlog::details::thread_pool* pool) { pool_ = pool; }

  void log(const spdlog::details::log_msg& message) override {
    buffer_.append(message.payload.data(), message.payload.size());
    buffer_.push_back('\n');
    ++buffered_;
    if (buffer_.size() >= kBatch || pool_.load()->queue_size() == 0) WriteOut();
  }
  void flush() override { WriteOut(); }
  void set_pattern(const std::string&) override {}
  void set_formatter(std::unique_ptr<spdlog::formatter>) override {}

  std::uint64_t lost() const { return lost_.load(); }

  // Waits until `count` lines have been taken off the queue or overrun in it.
  void AwaitHandled(std::uint64_t count, spdlog::details::thread_pool* pool) {
    sync::MutexLock lock(&mutex_);
    while (handled_ + pool->overrun_counter() < count) handled_changed_.Wait(&mutex_);
  }

 private:
  void WriteOut() {
    if (buffer_.empty()) return;
    const std::size_t written = WriteSome(buffer_);
    if (written > 0) torn_ = buffer_[written - 1] != '\n';
    buffer_.erase(0, written);
    // Lines that could not be written are lost, but the one that was begun is ended before any
    // other: half a line would swallow the next one.
    const std::size_t kept = torn_ ? buffer_.find('\n') + 1 : 0;
    lost_ += static_cast<std::uint64_t>(
        std::count(buffer_.begin() + static_cast<std::ptrdiff_t>(kept), buffer_.end(), '\n'));
    buffer_.resize(kept);
    sync::MutexLock lock(&mutex_);
    handled_ += buffered_;
    buffered_ = 0;
    handled_changed_.NotifyAll();
  }

  // How much could be written. A reader of our stderr that hangs must not hang our exit: after a
  // second of waiting lines are lost until it reads again.
  std::size_t WriteSome(std::string_view text) {
    std::size_t done = 0;
    while (done < text.size()) {
      pollfd ready{fd_, POLLOUT, 0};
      if (poll(&ready, 1, stuck_ ? 0 : kPatienceMs) == 0) {
        stuck_ = true;
        break;
      }
      const std::string_view rest = text.substr(done, kPipeSafe);
      const ssize_t written = write(fd_, rest.data(), rest.size());
      if (written < 0 && errno != EINTR && errno != EAGAIN) break;
      if (written <= 0) continue;
      done += static_cast<std::size_t>(written);
      stuck_ = false;
    }
    return done;
  }

  int fd_;
  std::atomic<spdlog::details::thread_pool*> pool_{nullptr};
  std::string buffer_;
  std::uint64_t buffered_ = 0;
  bool stuck_ = false;  // the output took nothing for a while
  bool torn_ = false;   // the last line written lacks its end, which is first in buffer_
  std::atomic<std::uint64_t> lost_{0};
  sync::Mutex mutex_;
  sync::CondVar handled_changed_;
  std::uint64_t handled_ ABSL_GUARDED_BY(mutex_) = 0;
};

struct LogOutput::State {
  std::shared_ptr<Sink> sink;
  std::shared_ptr<spdlog::details::thread_pool> pool;
  std::shared_ptr<spdlog::async_logger> logger;
  std::atomic<std::uint64_t> put{0};
  std::uint64_t overrun = 0;  // when closed
};

absl::StatusOr<std::unique_ptr<LogOutput>> LogOutput::Open(const std::string& file,
                                                           std::size_t queue) {
  int fd = STDERR_FILENO;
  if (!file.empty()) {
    fd = open(file.c_str(), O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0640);
    if (fd < 0) {
      return absl::InvalidArgumentError("cannot write the log file " + file + ": " +
                                        std::strerror(errno));
    }
  }
  auto state = std::make_unique<State>();
  state->sink = std::make_shared<Sink>(fd);
  state->pool = std::make_shared<spdlog::details::thread_pool>(std::max<std::size_t>(queue, 1), 1,
                                                               BlockSignals);
  state->sink->Watch(state->pool.get());
  state->logger = std::make_shared<spdlog::async_logger>(
      "tokenforge", state->sink, state->pool, spdlog::async_overflow_policy::overrun_oldest);
  state->logger->set_level(spdlog::level::trace);
  return std::unique_ptr<LogOutput>(new LogOutput(std::move(state)));
}

LogOutput::LogOutput(std::unique_ptr<State> state) : state_(std::move(state)) {}

LogOutput::~LogOutput() { Close(); }

std::uint64_t LogOutput::Close() {
  if (state_->pool != nullptr) {
    state_->overrun = state_->pool->overrun_counter();
    state_->pool.reset();  // hands on what is queued, then joins
    state_->logger.reset();
    state_->sink->Close();
  }
  return state_->overrun + state_->sink->lost();
}

void LogOutput::Put(std::string_view line) {
  ++state_->put;
  state_->logger->log(spdlog::level::info, spdlog::string_view_t(line.data(), line.size()));
}

void LogOutput::Flush() { state_->sink->AwaitHandled(state_->put.load(), state_->pool.get()); }

std::uint64_t LogOutput::Dropped() const {
  return state_->pool->overrun_counter() + state_->sink->lost();
}

}  // namespace tokenforge::telemetry
