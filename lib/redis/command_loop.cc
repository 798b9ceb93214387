#include "lib/redis/command_loop.h"

#include <pthread.h>

#include <utility>

#include "lib/redis/failures.h"
#include "lib/redis/signals_blocked.h"

namespace tokenforge::redis {
namespace {

thread_local const CommandLoop* tls_loop = nullptr;

// Below the span of the task that asks. Names only: keys and arguments hold what nobody may see.
telemetry::Span BeginSpan(const Command& command) {
  telemetry::Span span = telemetry::Span::Begin(telemetry::SpanKind::kClient, command.label());
  if (!span) return span;
  span.Set("db.system.name", "redis");
  span.Set("db.operation.name", command.has_source() ? "EVALSHA" : command.label());
  if (command.has_source()) {
    span.Rename("EVALSHA " + command.label());
    span.Set("db.stored_procedure.name", command.label());
  }
  return span;
}

}  // namespace

CommandLoop::CommandLoop(size_t max_outstanding, Observer* observer, Backend* backend)
    : max_outstanding_(max_outstanding),
      observer_(observer),
      backend_(backend),
      wheel_(std::chrono::steady_clock::now()) {
  uv_loop_init(&loop_);
  loop_.data = wake_.data = before_poll_.data = tick_.data = this;
  uv_async_init(&loop_, &wake_, [](uv_async_t* wake) {
    CommandLoop* const self = Of(wake->data);
    self->mutex_.Lock();
    const bool closed = self->closed_;
    self->mutex_.Unlock();
    if (closed) self->Close();
  });
  uv_prepare_init(&loop_, &before_poll_);
  uv_timer_init(&loop_, &tick_);
}

CommandLoop::~CommandLoop() { uv_loop_close(&loop_); }

void CommandLoop::Start() {
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { Loop(); });
}

void CommandLoop::Stop() {
  {
    const sync::MutexLock lock(&mutex_);
    closed_ = true;
  }
  uv_async_send(&wake_);
  thread_.join();
}

void CommandLoop::Run(Command command, clock::SteadyTime deadline, Client::Done done) {
  const bool admitted = outstanding_.fetch_add(1, std::memory_order_relaxed) < max_outstanding_;
  auto pending =
      std::make_unique<Pending>(&outstanding_, std::move(command), deadline, std::move(done));
  pending->span = BeginSpan(pending->command);
  if (!admitted) return Finish(pending.get(), failures::QueueFull());
  if (pending->command.spans_slots()) {
    return Finish(pending.get(), failures::SpansSlots(pending->command.label()));
  }
  if (!backend_->MayAnswer()) return Finish(pending.get(), failures::NotConnected());
  bool was_empty = false;
  {
    const sync::MutexLock lock(&mutex_);
    if (!closed_) {
      was_empty = queue_.empty();
      queue_.push_back(std::move(pending));
    }
  }
  if (pending != nullptr) return Finish(pending.get(), failures::ClientClosed());
  // The loop looks at the queue before it polls: on its own thread it need not be woken.
  if (was_empty && tls_loop != this) uv_async_send(&wake_);
}

std::unique_ptr<Pending> CommandLoop::Make(Command command, clock::SteadyTime deadline,
                                           Client::Done done) {
  outstanding_.fetch_add(1, std::memory_order_relaxed);
  auto pending =
      std::make_unique<Pending>(&outstanding_, std::move(command), deadline, std::move(done));
  wheel_.Add(pending.get(), deadline);
  return pending;
}

void CommandLoop::Finish(Pending* pending, absl::StatusOr<Reply> result) {
  if (!pending->done) return;  // its deadline came first
  const Client::Done done = std::exchange(pending->done, nullptr);
  pending->span.End(result.status().code());
  if (observer_ != nullptr) {
    observer_->OnDone(pending->command.label(), std::chrono::steady_clock::now() - pending->started,
                      result.status());
  }
  done(std::move(result));
}

void CommandLoop::Loop() {
  pthread_setname_np(pthread_self(), "redis");
  tls_loop = this;
  uv_prepare_start(&before_poll_, [](uv_prepare_t* handle) { Of(handle->data)->Turn(); });
  backend_->OnStart();
  uv_run(&loop_, UV_RUN_DEFAULT);  // until Close
}

// Once per turn of the loop, before it sleeps: takes what was queued, and writes all of it at once.
void CommandLoop::Turn() {
  {
    const sync::MutexLock lock(&mutex_);
    drained_.swap(queue_);
  }
  if (!drained_.empty()) {
    const clock::SteadyTime now = std::chrono::steady_clock::now();
    for (std::unique_ptr<Pending>& pending : drained_) Admit(std::move(pending), now);
    drained_.clear();
  }
  backend_->Flush();
}

void CommandLoop::Admit(std::unique_ptr<Pending> pending, clock::SteadyTime now) {
  if (pending->deadline <= now) {
    return Finish(pending.get(), failures::DeadlinePassed(pending->command.label(), false));
  }
  wheel_.Add(pending.get(), pending->deadline);
  backend_->Submit(std::move(pending));
}

void CommandLoop::StartTicking() {
  if (ticking_) return;
  ticking_ = true;
  constexpr auto kEvery = static_cast<uint64_t>(DeadlineWheel::kSlot.count());
  uv_timer_start(&tick_, [](uv_timer_t* timer) { Of(timer->data)->Tick(); }, kEvery, kEvery);
}

void CommandLoop::Tick() {
  wheel_.Advance(std::chrono::steady_clock::now(), [this](DeadlineWheel::Entry* entry) {
    auto* const pending = static_cast<Pending*>(entry);
    Finish(pending, failures::DeadlinePassed(pending->command.label(), pending->sent));
  });
  if (backend_->Tick()) return;
  ticking_ = false;
  uv_timer_stop(&tick_);
}

void CommandLoop::Close() {
  backend_->OnStop();
  std::vector<std::unique_ptr<Pending>> queued;
  {
    const sync::MutexLock lock(&mutex_);
    queued.swap(queue_);
  }
  for (const std::unique_ptr<Pending>& pending : queued) {
    Finish(pending.get(), failures::ClientClosed());
  }
  for (auto* handle :
       {reinterpret_cast<uv_handle_t*>(&wake_), reinterpret_cast<uv_handle_t*>(&before_poll_),
        reinterpret_cast<uv_handle_t*>(&tick_)}) {
    uv_close(handle, nullptr);
  }
}

}  // namespace tokenforge::redis
