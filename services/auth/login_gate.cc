#include "services/auth/login_gate.h"

#include <chrono>
#include <utility>

#include "lib/rpc/status.h"
#include "lib/telemetry/log.h"
#include "services/auth/audit_flows.h"
#include "services/auth/audit_queue.h"
#include "services/auth/limit_refusal.h"
#include "services/auth/outward.h"

namespace tokenforge::auth {

struct CountedMaker {
  template <Attempt kAttempt>
  static CountedAttempt<kAttempt> Make(std::string account, LimitPlan plan, HashGate::Slot room) {
    return CountedAttempt<kAttempt>(std::move(account), std::move(plan), std::move(room));
  }
};

namespace {

namespace reasons = errors::reasons;
constexpr std::chrono::seconds kSettlingTime{2};

// With the address: the log line of the call itself names the gateway only.
void LogRefusal(const Origin& origin, const absl::Status& refusal) {
  const auto reason = errors::ReasonOf(refusal).value_or(reasons::INTERNAL_FAULT);
  telemetry::Log(telemetry::Level::kWarning, "an attempt was refused by a rate limit",
                 origin.call.trace(),
                 {{"reason", reasons::Reason_Name(reason)}, {"address", origin.subscriber}});
}

// Once for each lock (lock_watch.h).
void TellOfLock(Facade& facade, const Origin& origin, const std::string& account,
                const absl::Status& refusal) {
  if (!Is(refusal, reasons::ACCOUNT_LOCKED)) return;
  const auto left = errors::RetryAfterOf(refusal).value_or(std::chrono::milliseconds(0));
  if (!facade.locks.IsNew(account, std::chrono::steady_clock::now(), left)) return;
  facade.accounts_locked.Increment();
  const AuditAttributes attributes{
      {"email", account},
      {"seconds", std::to_string(std::chrono::ceil<std::chrono::seconds>(left).count())}};
  facade.audit.Record(AuditEventOf(origin, "login.locked", "", "", attributes));
}

template <Attempt kAttempt>
async::Task<absl::StatusOr<CountedAttempt<kAttempt>>> Count(Facade& facade, const Origin& origin,
                                                            std::string account, LimitPlan plan) {
  HashGate::Slot room;
  if (kAttempt == Attempt::kPassword || kAttempt == Attempt::kRegistration) {
    absl::StatusOr<HashGate::Slot> entered = facade.hashes.Enter(origin.subscriber);
    if (!entered.ok()) co_return entered.status();
    room = *std::move(entered);
  }
  const auto answer = co_await facade.sessions.TakeTokens(origin.call, plan.take);
  if (!answer.ok()) co_return Outward(answer.status(), "sessions.TakeTokens");
  if (!answer->allowed()) {
    absl::Status refusal = RefusalOf(plan.take, *answer);
    LogRefusal(origin, refusal);
    TellOfLock(facade, origin, account, refusal);
    co_return refusal;
  }
  co_return CountedMaker::Make<kAttempt>(std::move(account), std::move(plan), std::move(room));
}

}  // namespace

async::Task<absl::StatusOr<CountedPassword>> CountPassword(Facade& facade, const Origin& origin,
                                                           const email::CanonicalEmail& account) {
  return Count<Attempt::kPassword>(facade, origin, account.text(),
                                   PasswordPlan(account, origin.subscriber));
}

async::Task<absl::StatusOr<CountedCode>> CountCode(Facade& facade, const Origin& origin,
                                                   const email::CanonicalEmail& account,
                                                   const std::string& challenge) {
  return Count<Attempt::kCode>(facade, origin, account.text(),
                               CodePlan(account, origin.subscriber, challenge));
}

async::Task<absl::StatusOr<CountedRegistration>> CountRegistration(Facade& facade,
                                                                   const Origin& origin) {
  return Count<Attempt::kRegistration>(facade, origin, "", RegistrationPlan(origin.subscriber));
}

async::Task<absl::StatusOr<CountedReset>> CountReset(Facade& facade, const Origin& origin,
                                                     const email::CanonicalEmail& account) {
  return Count<Attempt::kReset>(facade, origin, account.text(), ResetPlan(account));
}

Verdict VerdictOf(const absl::Status& answer) {
  if (answer.ok()) return Verdict::kRight;
  // The transport's word for a call that was cancelled is that of a server that is down.
  if (rpc::WasCancelled(answer)) return Verdict::kUnseen;
  switch (errors::ReasonOf(answer).value_or(reasons::INTERNAL_FAULT)) {
    case reasons::ACCOUNT_DISABLED:  // only after a right password
      return Verdict::kRight;
    case reasons::INVALID_CREDENTIALS:
    case reasons::CODE_INVALID:
    case reasons::CHALLENGE_INVALID:
      return Verdict::kWrong;
    case reasons::DEPENDENCY_DOWN:
    case reasons::CIRCUIT_OPEN:
    case reasons::DRAINING:
    case reasons::OVERLOADED:
      return Verdict::kUntold;
    default:
      return Verdict::kUnseen;
  }
}

async::Task<void> Settle(Facade& facade, const Origin& origin, const LimitPlan& plan,
                         Verdict verdict) {
  const bool right = verdict == Verdict::kRight;
  if (!right && verdict != Verdict::kUntold) co_return;
  const sessions::v1::TakeTokensRequest& back = right ? plan.when_right : plan.when_untold;
  if (back.buckets().empty()) co_return;
  const rpc::ServerCall call(std::chrono::steady_clock::now() + kSettlingTime, origin.call.trace());
  const auto given = co_await facade.sessions.TakeTokens(call, back);
  if (given.ok()) co_return;
  telemetry::Log(telemetry::Level::kWarning, "what an attempt took stays taken",
                 origin.call.trace(), {{"address", origin.subscriber}});
}

}  // namespace tokenforge::auth
