#include "services/auth/audit_queue.h"

#include <algorithm>
#include <memory>
#include <string>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/telemetry/log.h"

namespace tokenforge::auth {
namespace {

// At the same time; the users service writes them in one transaction.
constexpr std::size_t kTogether = 32;

// Whether trying again may help. What the log refuses for good it would refuse for ever.
bool IsForNow(const absl::Status& status) { return !absl::IsInvalidArgument(status); }

std::string AttributesOf(const users::v1::AuditEvent& event) {
  std::string text;
  for (const auto& [name, value] : event.attributes()) {
    text += (text.empty() ? "" : " ") + name + "=" + value;
  }
  return text;
}

}  // namespace

// The answers to what was sent together, gathered by whichever threads they come on.
struct AuditQueue::Sending {
  explicit Sending(Events sent) : events(std::move(sent)), open(events.size()) {}

  void Answered(std::size_t at, absl::Status status) {
    const sync::MutexLock lock(&mutex);
    statuses[at] = std::move(status);
    if (--open == 0) all.NotifyAll();
  }
  void AwaitAll() {
    const sync::MutexLock lock(&mutex);
    while (open > 0) all.Wait(&mutex);
  }

  const Events events;
  sync::Mutex mutex;
  sync::CondVar all;
  std::vector<absl::Status> statuses = std::vector<absl::Status>(events.size());
  std::size_t open;
};

AuditQueue::AuditQueue(Send send, const Options& options)
    : send_(std::move(send)),
      options_(options),
      dropped_("tokenforge_audit_events_dropped_total",
               "Audit events that never reached the log; each is an error line", {"kind"}),
      waiting_count_(telemetry::PoolQueue("audit")),
      thread_([this] { Loop(); }) {}

AuditQueue::~AuditQueue() { Stop(std::chrono::milliseconds(0)); }

void AuditQueue::Record(Event event) {
  {
    const sync::MutexLock lock(&mutex_);
    if (!stopping_ && waiting_.size() < options_.most) {
      waiting_.push_back(std::move(event));
      waiting_count_.Set(static_cast<double>(waiting_.size()));
      news_.NotifyOne();
      return;
    }
  }
  Drop(event);
}

void AuditQueue::Stop(std::chrono::milliseconds grace) {
  {
    const sync::MutexLock lock(&mutex_);
    if (!stopping_) give_up_ = std::chrono::steady_clock::now() + grace;
    stopping_ = true;
    news_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void AuditQueue::Loop() {
  std::chrono::milliseconds wait = options_.first_wait;
  for (Events events = Take(); !events.empty(); events = Take()) {
    if (SendAll(std::move(events))) {
      wait = options_.first_wait;
      continue;
    }
    if (!Pause(wait)) break;
    wait = std::min(2 * wait, options_.longest_wait);
  }
  const sync::MutexLock lock(&mutex_);
  for (const Event& event : waiting_) Drop(event);
  waiting_.clear();
  waiting_count_.Set(0);
}

// Waits for events; nothing when the queue was stopped and is empty.
AuditQueue::Events AuditQueue::Take() {
  const sync::MutexLock lock(&mutex_);
  while (waiting_.empty() && !stopping_) news_.Wait(&mutex_);
  const auto end =
      waiting_.begin() + static_cast<std::ptrdiff_t>(std::min(waiting_.size(), kTogether));
  Events events(std::make_move_iterator(waiting_.begin()), std::make_move_iterator(end));
  waiting_.erase(waiting_.begin(), end);
  waiting_count_.Set(static_cast<double>(waiting_.size()));
  return events;
}

// False when some are to be sent again.
bool AuditQueue::SendAll(Events events) {
  const auto sending = std::make_shared<Sending>(std::move(events));
  for (std::size_t i = 0; i < sending->events.size(); ++i) {
    async::Spawn(send_(sending->events[i]),
                 [sending, i](const std::exception_ptr& failure, absl::Status status) {
                   sending->Answered(i, failure ? absl::UnknownError("it threw") : status);
                 });
  }
  sending->AwaitAll();
  Events again;
  const sync::MutexLock lock(&sending->mutex);
  for (std::size_t i = 0; i < sending->events.size(); ++i) {
    if (sending->statuses[i].ok()) continue;
    if (IsForNow(sending->statuses[i])) {
      again.push_back(sending->events[i]);
    } else {
      Drop(sending->events[i]);
    }
  }
  const bool done = again.empty();
  PutBack(std::move(again));
  return done;
}

void AuditQueue::PutBack(Events events) {
  const sync::MutexLock lock(&mutex_);
  waiting_.insert(waiting_.begin(), std::make_move_iterator(events.begin()),
                  std::make_move_iterator(events.end()));
  waiting_count_.Set(static_cast<double>(waiting_.size()));
}

// False when it is time to give up.
bool AuditQueue::Pause(std::chrono::milliseconds wait) {
  const auto until = std::chrono::steady_clock::now() + wait;
  const sync::MutexLock lock(&mutex_);
  while (std::chrono::steady_clock::now() < until) {
    if (stopping_ && std::chrono::steady_clock::now() >= give_up_) return false;
    news_.WaitUntil(&mutex_, stopping_ ? std::min(until, give_up_) : until);
  }
  return !stopping_ || std::chrono::steady_clock::now() < give_up_;
}

void AuditQueue::Drop(const Event& event) const {
  dropped_.With({event.kind()}).Increment();
  telemetry::Log(telemetry::Level::kError, "an audit event is lost: this line is all that tells",
                 {{"kind", event.kind()},
                  {"sub", event.user_id()},
                  {"actor", event.actor()},
                  {"address", event.ip_address()},
                  {"request_id", event.request_id()},
                  {"trace_id", event.trace_id()},
                  {"attributes", AttributesOf(event)}});
}

}  // namespace tokenforge::auth
