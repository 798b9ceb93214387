#include "services/auth/status/collector.h"

#include <grpcpp/channel.h>

#include <algorithm>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/rpc/status.h"
#include "services/auth/guard_registry.h"
#include "services/auth/guard_reports.h"
#include "services/auth/trust_hub.h"

namespace tokenforge::auth::status {
namespace {

using std::chrono::steady_clock;

constexpr int kEvents = 25;

Link LinkOf(const rpc::Upstream& upstream) {
  switch (upstream.channel->GetState(false)) {  // false: looking connects nothing
    case GRPC_CHANNEL_READY:
      return Link::kConnected;
    case GRPC_CHANNEL_CONNECTING:
      return Link::kConnecting;
    case GRPC_CHANNEL_IDLE:
      return Link::kIdle;
    default:
      return Link::kLost;
  }
}

Service ServiceOf(const char* name, const rpc::Upstream& upstream) {
  return {name, LinkOf(upstream), !upstream.circuit->Look().ok()};
}

Totals TotalsOf(const Activity& activity) {
  const auto read = [](const std::atomic<std::uint64_t>& counter) {
    return counter.load(std::memory_order_relaxed);
  };
  return {read(activity.logins.succeeded),  read(activity.logins.refused),
          read(activity.logins.failed),     read(activity.refreshes.succeeded),
          read(activity.refreshes.refused), read(activity.refreshes.failed),
          read(activity.sessions_started)};
}

clock::WallTime WallTimeOf(const google::protobuf::Timestamp& time) {
  return clock::WallTime(std::chrono::seconds(time.seconds()) +
                         std::chrono::duration_cast<clock::WallTime::duration>(
                             std::chrono::nanoseconds(time.nanos())));
}

KeyState StateOf(keys::v1::KeyState state) {
  switch (state) {
    case keys::v1::NEXT:
      return KeyState::kNext;
    case keys::v1::ACTIVE:
      return KeyState::kActive;
    case keys::v1::RETIRED:
      return KeyState::kRetired;
    case keys::v1::REVOKED:
      return KeyState::kRevoked;
    default:
      return KeyState::kOther;
  }
}

std::vector<Key> KeysOf(const keys::v1::ListKeysResponse& response) {
  std::vector<Key> keys;
  for (const keys::v1::SigningKey& from : response.keys()) {
    Key& key = keys.emplace_back();
    key.kid = from.kid();
    key.algorithm = from.algorithm();
    key.state = StateOf(from.state());
    if (from.has_create_time()) key.created = WallTimeOf(from.create_time());
    if (from.has_activate_time()) key.activated = WallTimeOf(from.activate_time());
    if (from.has_retire_time()) key.ended = WallTimeOf(from.retire_time());
  }
  std::ranges::stable_sort(keys, {}, &Key::state);
  return keys;
}

Guards GuardsOf(const keys::v1::GuardReport& report, bool own) {
  Guards guards;
  guards.replica = report.facade_id();
  guards.own = own;
  guards.connected = report.connected();
  guards.behind = report.connected() - report.applied();
  guards.who.assign(report.behind().begin(), report.behind().end());
  return guards;
}

std::vector<Event> EventsOf(const users::v1::ListAuditEventsResponse& response) {
  std::vector<Event> events;
  for (const users::v1::AuditEvent& from : response.events()) {
    Event& event = events.emplace_back();
    event.sequence = from.sequence();
    event.time = WallTimeOf(from.event_time());
    event.kind = from.kind();
    event.whom = WhomOf(from.user_id());
    event.actor = from.actor() == from.user_id() ? "" : WhomOf(from.actor());
    const auto reason = from.attributes().find("reason");
    if (reason != from.attributes().end() && MayShowReason(event.kind)) {
      event.reason = reason->second;
    }
  }
  return events;
}

std::string ReasonOf(const grpc::Status& status, const char* of) {
  const absl::Status fault = rpc::FromGrpc(status, of);
  return errors::reasons::Reason_Name(
      errors::ReasonOf(fault).value_or(errors::reasons::INTERNAL_FAULT));
}

}  // namespace

std::shared_ptr<Board> NewBoard() {
  Facts facts;
  facts.started = std::chrono::system_clock::now();
  facts.hour = Hour(steady_clock::now());
  facts.services = {Service{"users"}, Service{"keys"}, Service{"sessions"}};
  return std::make_shared<Board>(std::move(facts));
}

Collector::Collector(const Parts& parts, std::shared_ptr<Board> board, const Pace& pace)
    : parts_(parts),
      board_(std::move(board)),
      pace_(pace),
      keys_(keys::v1::KeyService::NewStub(parts.upstreams.keys.channel)),
      users_(users::v1::UserService::NewStub(parts.upstreams.users.channel)),
      looking_({"the status page", pace.here}, [this] { return LookHere(); }),
      asking_keys_({"keys of the status page", pace.keys}, [this] { return AskKeys(); }),
      asking_events_({"events of the status page", pace.events}, [this] { return AskEvents(); }) {}

Collector::~Collector() { Stop(); }

void Collector::Start() {
  looking_.Start();
  asking_keys_.Start();
  asking_events_.Start();
}

void Collector::Stop() {
  looking_.Stop();
  asking_keys_.Stop();
  asking_events_.Stop();
  board_->Change([](Facts& facts) { facts.stopped = true; });
}

absl::Status Collector::LookHere() {
  const Upstreams& upstreams = parts_.upstreams;
  const std::array<Service, 3> services = {ServiceOf("users", upstreams.users),
                                           ServiceOf("keys", upstreams.keys),
                                           ServiceOf("sessions", upstreams.sessions)};
  const auto heard = parts_.guards.hub.HeardAt();
  const keys::v1::GuardReport own = parts_.guards.reports.Compose();
  const GuardReports::Heard others = parts_.guards.reports.LastHeard();
  std::vector<Guards> guards = {GuardsOf(own, true)};
  for (const keys::v1::GuardReport& report : others.answer.reports()) {
    if (report.facade_id() != own.facade_id()) guards.push_back(GuardsOf(report, false));
  }
  const Totals totals = TotalsOf(*parts_.activity);
  const bool ready = parts_.readiness.Ready();
  const bool draining = parts_.readiness.Draining();
  const auto now = steady_clock::now();
  board_->Change([&](Facts& facts) {
    facts.looked = now;
    facts.ready = ready;
    facts.draining = draining;
    facts.services = services;
    facts.revocations_heard = heard;
    facts.guards.value = std::move(guards);
    facts.guards.at = others.at;
    facts.hour.Tell(now, totals);
  });
  return absl::OkStatus();
}

// Failures are shown, with their age, and are no failures of the loop: it goes on at its pace.
absl::Status Collector::AskKeys() {
  rpc::OutgoingContext context = asking_keys_.BeginCall(pace_.timeout);
  keys::v1::ListKeysResponse response;
  const grpc::Status status = keys_->ListKeys(&context.client(), {}, &response);
  asking_keys_.EndCall(context);
  board_->Change([&](Facts& facts) {
    if (status.ok()) {
      Heard(facts.keys, steady_clock::now(), KeysOf(response));
    } else {
      NotHeard(facts.keys, steady_clock::now(), ReasonOf(status, "keys"));
    }
  });
  return absl::OkStatus();
}

absl::Status Collector::AskEvents() {
  rpc::OutgoingContext context = asking_events_.BeginCall(pace_.timeout);
  users::v1::ListAuditEventsRequest request;
  request.set_page_size(kEvents);
  users::v1::ListAuditEventsResponse response;
  const grpc::Status status = users_->ListAuditEvents(&context.client(), request, &response);
  asking_events_.EndCall(context);
  board_->Change([&](Facts& facts) {
    if (status.ok()) {
      Heard(facts.events, steady_clock::now(), EventsOf(response));
    } else {
      NotHeard(facts.events, steady_clock::now(), ReasonOf(status, "users"));
    }
  });
  return absl::OkStatus();
}

}  // namespace tokenforge::auth::status
