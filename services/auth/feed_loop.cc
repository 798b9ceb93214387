#include "services/auth/feed_loop.h"

#include <grpcpp/client_context.h>

#include <algorithm>
#include <random>
#include <utility>

#include "lib/rpc/server_call.h"
#include "lib/telemetry/log.h"
#include "lib/telemetry/trace.h"

namespace tokenforge::auth {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

FeedLoop::FeedLoop(Options options, Attempt attempt)
    : options_(std::move(options)), attempt_(std::move(attempt)) {}

FeedLoop::~FeedLoop() { Stop(); }

void FeedLoop::Start() {
  thread_ = std::thread([this] { Run(); });
}

void FeedLoop::Stop() {
  {
    const sync::MutexLock lock(&mutex_);
    stopping_ = true;
    for (grpc::ClientContext* const running : running_) running->TryCancel();
    stopped_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

rpc::OutgoingContext FeedLoop::BeginCall(milliseconds timeout) {
  rpc::OutgoingContext context(
      rpc::ServerCall(steady_clock::now() + timeout, telemetry::TraceContext::New()));
  const sync::MutexLock lock(&mutex_);
  running_.push_back(&context.client());
  // A context that is cancelled before its call begins fails the call at once.
  if (stopping_) context.client().TryCancel();
  return context;
}

void FeedLoop::EndCall(rpc::OutgoingContext& context) {
  const sync::MutexLock lock(&mutex_);
  std::erase(running_, &context.client());
}

bool FeedLoop::Stopping() {
  const sync::MutexLock lock(&mutex_);
  return stopping_;
}

void FeedLoop::Run() {
  std::minstd_rand random(std::random_device{}());
  milliseconds retry = options_.first_retry;
  for (;;) {
    const absl::Status status = attempt_();
    milliseconds pause = options_.pause;
    if (status.ok()) {
      retry = options_.first_retry;
    } else {
      // Jitter: replicas that lost the same service do not come back in step.
      pause = milliseconds(std::uniform_int_distribution<milliseconds::rep>(retry.count() / 2,
                                                                            retry.count())(random));
      retry = std::min(retry * 2, options_.last_retry);
    }
    if (!Pause(pause)) return;
    Report(status);
  }
}

bool FeedLoop::Pause(milliseconds duration) {
  const auto until = steady_clock::now() + duration;
  const sync::MutexLock lock(&mutex_);
  while (!stopping_) {
    if (duration.count() == 0 || !stopped_.WaitUntil(&mutex_, until)) return !stopping_;
  }
  return false;
}

// One line when it goes away and one when it is back, however many attempts lie between.
void FeedLoop::Report(const absl::Status& status) {
  if (status.ok() == !failing_) return;
  failing_ = !status.ok();
  if (failing_) {
    const std::string message(status.message().data(), status.message().size());
    telemetry::Log(telemetry::Level::kWarning, "trust feed is away: going on with what is known",
                   {{"feed", options_.name}, {"error", message}});
  } else {
    telemetry::Log(telemetry::Level::kInfo, "trust feed is back", {{"feed", options_.name}});
  }
}

}  // namespace tokenforge::auth
