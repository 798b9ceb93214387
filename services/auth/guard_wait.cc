#include "services/auth/guard_wait.h"

#include <grpcpp/alarm.h>

#include <algorithm>
#include <functional>
#include <memory>
#include <utility>

#include "lib/sync/hand_over.h"
#include "services/auth/guard_registry.h"
#include "services/auth/guard_reports.h"
#include "services/auth/trust_hub.h"

namespace tokenforge::auth {
namespace {

using std::chrono::milliseconds;
using std::chrono::steady_clock;

constexpr milliseconds kTimeToAnswer{200};  // is left of the call's time
constexpr milliseconds kOneQuestion{100};   // about other replicas, also when patience is over

// What gRPC hands from who sets an alarm to the thread on which it rings includes the closure, so
// the mark is not one that the closure would have to be read for.
constexpr char kAlarms = 0;

// Resumes on a thread of gRPC's, when the time is over or the alarm is cancelled.
template <class Resume>
void SetAlarm(grpc::Alarm& alarm, milliseconds duration, Resume resume) {
  auto ring = [resume](bool ok) mutable {
    sync::TakeOver(&kAlarms);
    resume(ok);
  };
  std::function<void(bool)> handler = std::move(ring);
  sync::HandOver(&kAlarms);
  alarm.Set(std::chrono::system_clock::now() + duration, std::move(handler));
}

async::Task<void> Sleep(milliseconds duration) {
  auto alarm = std::make_shared<grpc::Alarm>();
  auto start = [&](auto resume) { SetAlarm(*alarm, duration, resume); };
  co_await async::Await<bool>(start);
}

milliseconds Left(clock::SteadyTime until) {
  return std::chrono::duration_cast<milliseconds>(until - steady_clock::now());
}

}  // namespace

// The alarm is the only one who resumes, and whoever is ready sooner cancels it: so nothing of this
// call is touched after it has gone on.
async::Task<void> AwaitGuards(GuardRegistry& guards, std::uint64_t version, milliseconds at_most) {
  auto alarm = std::make_shared<grpc::Alarm>();
  GuardRegistry::Wait wait = 0;
  auto start = [&](auto resume) {
    SetAlarm(*alarm, at_most, resume);
    wait = guards.WhenApplied(version, [alarm] { alarm->Cancel(); });
  };
  co_await async::Await<bool>(start);
  guards.GiveUp(wait);
}

GuardTally TallyOf(const keys::v1::ReportGuardsResponse& answer, const std::string& own,
                   std::uint64_t keys_version) {
  GuardTally tally;
  for (const keys::v1::GuardReport& report : answer.reports()) {
    if (report.facade_id() == own) continue;
    tally.connected += report.connected();
    // A report about an older set says nothing of this one, unless all are beyond it.
    if (report.least_applied_version() >= keys_version) {
      tally.applied += report.connected();
    } else if (report.keys_version() >= keys_version) {
      tally.applied += report.applied();
    }
  }
  return tally;
}

async::Task<GuardTally> AwaitAllGuards(const GuardWatch& watch, KeysClient& keys,
                                       rpc::ServerCall call, std::uint64_t keys_version) {
  const std::uint64_t since = watch.hub.CurrentKeys().since;
  const GuardCount before = watch.guards.Count(since);
  const auto until =
      std::min(steady_clock::now() + watch.patience, call.deadline() - kTimeToAnswer);
  co_await AwaitGuards(watch.guards, since, std::max(Left(until), milliseconds(0)));

  GuardTally others;
  for (;;) {
    auto asking =
        keys.ReportGuards(call, watch.reports.Compose(), std::max(Left(until), kOneQuestion));
    const auto answer = co_await std::move(asking);
    if (!answer.ok()) break;
    others = TallyOf(*answer, watch.reports.facade_id(), keys_version);
    if (others.applied >= others.connected || Left(until) < watch.look) break;
    co_await Sleep(watch.look);
  }
  const GuardCount after = watch.guards.Count(since);
  const std::int32_t connected = std::max(before.connected, after.connected);
  co_return GuardTally{connected + others.connected,
                       std::min(after.applied, connected) + others.applied};
}

}  // namespace tokenforge::auth
