#include "lib/redis/single_server.h"

#include <hiredis/hiredis.h>
#include <pthread.h>

#include <utility>

#include "lib/redis/failures.h"
#include "lib/redis/signals_blocked.h"

namespace tokenforge::redis {
namespace {

thread_local const SingleServer* tls_loop_of = nullptr;

Reply Copy(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return Reply::Integer(reply.integer);
    case REDIS_REPLY_STRING:
      return Reply::String(std::string(reply.str, reply.len));
    case REDIS_REPLY_STATUS:
      return Reply::Status(std::string(reply.str, reply.len));
    case REDIS_REPLY_ERROR:
      return Reply::Error();
    case REDIS_REPLY_ARRAY: {
      std::vector<Reply> items;
      items.reserve(reply.elements);
      for (size_t i = 0; i < reply.elements; ++i) items.push_back(Copy(*reply.element[i]));
      return Reply::Array(std::move(items));
    }
    default:
      return Reply();
  }
}

}  // namespace

std::unique_ptr<Client> Open(Options options, Observer* observer) {
  return std::make_unique<SingleServer>(std::move(options), observer);
}

SingleServer::Pending::Pending(SingleServer* in_server, Command in_command,
                               clock::SteadyTime in_deadline, Done in_done)
    : server(in_server),
      command(std::move(in_command)),
      started(std::chrono::steady_clock::now()),
      deadline(in_deadline),
      done(std::move(in_done)) {}

SingleServer::SingleServer(Options options, Observer* observer)
    : options_(std::move(options)), observer_(observer), wheel_(std::chrono::steady_clock::now()) {
  uv_loop_init(&loop_);
  loop_.data = wake_.data = before_poll_.data = tick_.data = this;
  uv_async_init(&loop_, &wake_, [](uv_async_t* wake) {
    SingleServer* const self = Of(wake->data);
    self->mutex_.Lock();
    const bool closed = self->closed_;
    self->mutex_.Unlock();
    if (closed) self->Close();
  });
  uv_prepare_init(&loop_, &before_poll_);
  uv_timer_init(&loop_, &tick_);
  link_.reset(new Link(&loop_, &options_, this));
  const SignalsBlocked blocked;
  thread_ = std::thread([this] { Loop(); });
}

SingleServer::~SingleServer() {
  {
    const sync::MutexLock lock(&mutex_);
    closed_ = true;
  }
  uv_async_send(&wake_);
  thread_.join();
  uv_loop_close(&loop_);
}

void SingleServer::Run(Command command, clock::SteadyTime deadline, Done done) {
  const bool admitted =
      outstanding_.fetch_add(1, std::memory_order_relaxed) < options_.max_outstanding;
  auto pending = std::make_unique<Pending>(this, std::move(command), deadline, std::move(done));
  if (!admitted) return Refuse(pending.get(), failures::QueueFull());
  if (state_ == State::kDown) return Refuse(pending.get(), failures::NotConnected());
  bool was_empty = false;
  {
    const sync::MutexLock lock(&mutex_);
    if (!closed_) {
      was_empty = queue_.empty();
      queue_.push_back(std::move(pending));
    }
  }
  if (pending != nullptr) return Refuse(pending.get(), failures::ClientClosed());
  // The loop looks at the queue before it polls: on its own thread it need not be woken.
  if (was_empty && tls_loop_of != this) uv_async_send(&wake_);
}

void SingleServer::Refuse(Pending* pending, absl::Status why) { Finish(pending, std::move(why)); }

void SingleServer::Finish(Pending* pending, absl::StatusOr<Reply> result) {
  if (!pending->done) return;  // its deadline came first
  const Done done = std::exchange(pending->done, nullptr);
  if (observer_ != nullptr) {
    observer_->OnDone(pending->command.label(), std::chrono::steady_clock::now() - pending->started,
                      result.status());
  }
  done(std::move(result));
}

void SingleServer::Loop() {
  pthread_setname_np(pthread_self(), "redis");
  tls_loop_of = this;
  uv_prepare_start(&before_poll_, [](uv_prepare_t* handle) { Of(handle->data)->Turn(); });
  link_->Start();
  uv_run(&loop_, UV_RUN_DEFAULT);  // until Close
}

// Once per turn of the loop, before it sleeps: takes what was queued, and writes all of it at once.
void SingleServer::Turn() {
  {
    const sync::MutexLock lock(&mutex_);
    drained_.swap(queue_);
  }
  if (!drained_.empty()) {
    const clock::SteadyTime now = std::chrono::steady_clock::now();
    for (std::unique_ptr<Pending>& pending : drained_) Admit(std::move(pending), now);
    drained_.clear();
  }
  link_->Flush();
}

void SingleServer::Admit(std::unique_ptr<Pending> pending, clock::SteadyTime now) {
  if (pending->deadline <= now) {
    Finish(pending.get(), failures::DeadlinePassed(pending->command.label(), false));
  } else if (link_->context() != nullptr) {
    wheel_.Add(pending.get(), pending->deadline);
    Submit(std::move(pending));
  } else if (state_ == State::kFirstAttempt) {
    wheel_.Add(pending.get(), pending->deadline);
    waiting_.push_back(std::move(pending));
    StartTicking();
  } else {
    Finish(pending.get(), failures::NotConnected());
  }
}

void SingleServer::Submit(std::unique_ptr<Pending> pending) {
  if (!Append(pending.get())) {
    return Finish(pending.get(), failures::ConnectionLost(pending->command.label(), pending->sent));
  }
  if (in_flight_++ == 0) last_progress_ms_ = uv_now(&loop_);
  StartTicking();
  pending.release();  // comes back in OnReply
}

bool SingleServer::Append(Pending* pending) {
  redisAsyncContext* const context = link_->context();
  const std::string& wire = pending->command.wire();
  if (context == nullptr ||
      redisAsyncFormattedCommand(context, OnReply, pending, wire.data(), wire.size()) != REDIS_OK) {
    return false;
  }
  pending->sent = true;
  return true;
}

void SingleServer::OnReply(redisAsyncContext* context, void* data, void* privdata) {
  std::unique_ptr<Pending> pending(static_cast<Pending*>(privdata));
  SingleServer* const self = pending->server;
  --self->in_flight_;
  const std::string& label = pending->command.label();
  if (data == nullptr) {
    return self->Finish(pending.get(), failures::ConnectionLost(label, true));
  }
  self->last_progress_ms_ = uv_now(&self->loop_);
  const auto& reply = *static_cast<const redisReply*>(data);
  if (reply.type != REDIS_REPLY_ERROR) return self->Finish(pending.get(), Copy(reply));
  const std::string_view text(reply.str, reply.len);
  if (pending->done && pending->command.is_script() && failures::IsUnknownScript(text)) {
    pending->command.UseSource();
    return self->Submit(std::move(pending));
  }
  self->Finish(pending.get(), failures::FromServer(label, text));
}

void SingleServer::StartTicking() {
  if (ticking_) return;
  ticking_ = true;
  constexpr auto kEvery = static_cast<uint64_t>(DeadlineWheel::kSlot.count());
  uv_timer_start(&tick_, [](uv_timer_t* timer) { Of(timer->data)->Tick(); }, kEvery, kEvery);
}

void SingleServer::Tick() {
  wheel_.Advance(std::chrono::steady_clock::now(), [this](DeadlineWheel::Entry* entry) {
    auto* const pending = static_cast<Pending*>(entry);
    Finish(pending, failures::DeadlinePassed(pending->command.label(), pending->sent));
  });
  std::erase_if(waiting_, [](const auto& pending) { return !pending->done; });
  const auto stall = static_cast<uint64_t>(options_.stall_timeout.count());
  if (in_flight_ > 0 && uv_now(&loop_) - last_progress_ms_ > stall) {
    link_->Drop("the server does not answer");
  }
  if (in_flight_ == 0 && waiting_.empty()) {
    ticking_ = false;
    uv_timer_stop(&tick_);
  }
}

void SingleServer::OnUp() {
  state_ = State::kUp;
  if (observer_ != nullptr) observer_->OnConnection(true, "");
  for (std::unique_ptr<Pending>& pending : std::exchange(waiting_, {})) Submit(std::move(pending));
}

void SingleServer::OnDown(std::string_view why) {
  state_ = State::kDown;
  if (observer_ != nullptr) observer_->OnConnection(false, why);
  for (const std::unique_ptr<Pending>& pending : std::exchange(waiting_, {})) {
    Finish(pending.get(), failures::NotConnected());
  }
}

void SingleServer::Close() {
  link_->Stop();
  for (const std::unique_ptr<Pending>& pending : std::exchange(waiting_, {})) {
    Finish(pending.get(), failures::ClientClosed());
  }
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
