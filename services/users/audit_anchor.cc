#include "services/users/audit_anchor.h"

#include <future>
#include <memory>
#include <utility>

#include "lib/telemetry/log.h"

namespace tokenforge::users {
namespace {

using Answer = absl::StatusOr<audit::Link>;
constexpr std::chrono::seconds kPatience(5);

}  // namespace

AuditAnchor::AuditAnchor(AuditStore& store, std::chrono::milliseconds interval)
    : store_(store), interval_(interval), thread_([this] { Loop(); }) {}

AuditAnchor::~AuditAnchor() { Stop(); }

void AuditAnchor::Stop() {
  {
    const sync::MutexLock lock(&mutex_);
    stopping_ = true;
    stop_.NotifyAll();
  }
  if (thread_.joinable()) thread_.join();
}

void AuditAnchor::Loop() {
  while (Pause()) Write();
  Write();
}

// False when it is time to end.
bool AuditAnchor::Pause() {
  const auto until = std::chrono::steady_clock::now() + interval_;
  const sync::MutexLock lock(&mutex_);
  while (!stopping_ && std::chrono::steady_clock::now() < until) {
    stop_.WaitUntil(&mutex_, until);
  }
  return !stopping_;
}

void AuditAnchor::Write() {
  auto answer = std::make_shared<std::promise<Answer>>();
  async::Spawn(
      store_.Head(std::chrono::steady_clock::now() + kPatience),
      [answer](const std::exception_ptr& failure, Answer head) {
        answer->set_value(failure ? Answer(absl::UnknownError("it threw")) : std::move(head));
      });
  const Answer head = answer->get_future().get();
  // A database that is away is told of by others.
  if (!head.ok() || head->sequence == written_) return;
  written_ = head->sequence;
  telemetry::Log(telemetry::Level::kInfo, "the audit log's chain ends here",
                 {{"audit_link", audit::TextOf(*head)}});
}

}  // namespace tokenforge::users
