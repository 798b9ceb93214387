#include "services/keys/key_cycle.h"

#include <algorithm>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/telemetry/log.h"
#include "lib/telemetry/metrics.h"
#include "services/keys/await_task.h"
#include "services/keys/key_set_codec.h"

namespace tokenforge::keys {
namespace {

using std::chrono::duration_cast;
using telemetry::Level;

constexpr int kMostSteps = 8;  // of one tick; each is a different kind of change, so four would do
constexpr Span kBlip = std::chrono::seconds(30);
constexpr Span kReportsAreBack = std::chrono::minutes(1);  // façades renew theirs every 10 s
constexpr std::size_t kNamed = 5;                          // guards in a message

std::string Joined(const std::vector<std::string>& names) {
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), kNamed); ++i) {
    text += (i == 0 ? "" : ", ") + names[i];
  }
  if (names.size() > kNamed) text += " and " + std::to_string(names.size() - kNamed) + " more";
  return text;
}

void SetOverdue(Span overdue) {
  static const telemetry::Gauge gauge =
      telemetry::GaugeFamily("tokenforge_key_rotation_overdue_seconds",
                             "For how long a rotation of the signing keys has been due.")
          .With();
  gauge.Set(std::chrono::duration<double>(overdue).count());
}

}  // namespace

Time KeyCycle::Now() const { return std::chrono::floor<Span>(clock_.Now()); }

absl::Status KeyCycle::Tick(Span* look_again) {
  const sync::MutexLock lock(&turn_);
  const absl::StatusOr<Span> again = TickLocked();
  if (again.ok() && look_again != nullptr) *look_again = *again;
  return again.status();
}

absl::StatusOr<Span> KeyCycle::TickLocked() {
  if (absl::Status fresh = Fresh(); !fresh.ok()) return fresh;
  for (int step = 0; step < kMostSteps; ++step) {
    const Decision decision = DecideNow();
    TellOverdue(decision);
    if (decision.step == Step::kNothing) return decision.look_again;
    if (absl::Status done = Do(decision); !done.ok()) return done;
    Look();
  }
  return Span(0);
}

absl::Status KeyCycle::Fresh() {
  absl::Status refreshed = keeper_.Refresh();
  NoteReach(refreshed.ok());
  if (refreshed.ok()) Look();
  return refreshed;
}

// A blip changes nothing: others hear of a change only that much later.
void KeyCycle::NoteReach(bool reached) {
  const clock::SteadyTime now = clock_.SteadyNow();
  if (!reached) {
    if (!away_since_) away_since_ = now;
  } else if (away_since_) {
    if (now - *away_since_ >= std::min<Span>(kBlip, settings_.publish_for / 2)) back_since_ = now;
    away_since_.reset();
  }
}

// False for a while after the store was away: reports ended meanwhile, and façades renew them.
bool KeyCycle::GuardsAreReported() const {
  const Span wait = std::min(kReportsAreBack, settings_.publish_for);
  return !away_since_ && (!back_since_ || clock_.SteadyNow() - *back_since_ >= wait);
}

// Notes since when each key has been in its state, on the clock that nobody sets.
void KeyCycle::Look() {
  const Set set = keeper_.Current();
  const clock::SteadyTime now = clock_.SteadyNow();
  std::map<std::string, Sight> seen;
  bool foreign = false;
  for (const KeySet::Key& key : set->keys()) {
    const auto before = sights_.find(key.record.kid);
    const bool same = before != sights_.end() && before->second.state == key.record.state;
    seen[key.record.kid] = same ? before->second : Sight{key.record.state, now};
    foreign = foreign || key.record.private_key.key_id != keeper_.encryption().first_id();
  }
  sights_ = std::move(seen);
  if (!foreign) foreign_kek_since_.reset();
  if (foreign && !foreign_kek_since_) foreign_kek_since_ = now;
}

absl::StatusOr<std::vector<GuardReport>> KeyCycle::Reports() const {
  return Wait(reports_.Read(std::chrono::steady_clock::now() + store_timeout_));
}

Decision KeyCycle::DecideNow() {
  const KeySetRecord set = keeper_.Current()->ToRecord();
  const clock::SteadyTime now = clock_.SteadyNow();
  Situation situation{set, Now(), {}, {}, nullptr};
  for (const auto& [kid, sight] : sights_) {
    const clock::SteadyTime since = std::max(sight.since, back_since_.value_or(sight.since));
    situation.seen_for[kid] = duration_cast<Span>(now - since);
  }
  if (foreign_kek_since_)
    situation.foreign_kek_for = duration_cast<Span>(now - *foreign_kek_since_);
  absl::StatusOr<std::vector<GuardReport>> reports = std::vector<GuardReport>();
  if (RotationDue(set, situation.now, settings_) <= situation.now) {
    reports = Reports();  // read only when the rule asks for them
    if (!reports.ok() && !std::exchange(told_reports_, true)) {
      telemetry::Log(Level::kError, "the guards' reports cannot be read",
                     {{"detail", std::string(reports.status().message())}});
    }
  }
  if (reports.ok()) {
    situation.reports = &*reports;
    told_reports_ = false;
  }
  return Decide(situation, settings_);
}

absl::Status KeyCycle::Do(const Decision& decision) {
  if (decision.step == Step::kRotate && !decision.waiting.empty()) {
    telemetry::Log(Level::kWarning, "activating a key that guards have not acknowledged",
                   {{"guards", Joined(decision.waiting)}});
  }
  // The change is made of what the rule saw, or not at all: after a lost race the rule looks anew.
  const std::uint64_t seen = keeper_.Current()->version();
  const auto how = [&](const KeySetRecord& set,
                       const MakeKey& make) -> absl::StatusOr<KeySetRecord> {
    if (set.version != seen) return set;
    switch (decision.step) {
      case Step::kMakeNext:
        return WithNewNext(set, Now(), make);
      case Step::kRotate:
        return Rotated(set, Now(), make);
      case Step::kForget:
        return Without(set, decision.kids);
      case Step::kReseal:
        return Resealed(set, keeper_.encryption());
      case Step::kNothing:
        break;
    }
    return set;
  };
  return keeper_.Change(how, decision.reason).status();
}

void KeyCycle::TellOverdue(const Decision& decision) {
  SetOverdue(decision.step == Step::kRotate ? Span(0) : decision.overdue);
  const bool overdue =
      decision.step == Step::kNothing && decision.overdue > settings_.acknowledge_within;
  if (overdue && !std::exchange(told_overdue_, true)) {
    telemetry::Log(Level::kWarning, "a rotation of the signing keys is overdue",
                   {{"seconds", duration_cast<std::chrono::seconds>(decision.overdue).count()},
                    {"guards", Joined(decision.waiting)}});
  }
  if (!overdue) told_overdue_ = false;
}

absl::StatusOr<KeyCycle::Set> KeyCycle::Rotate(std::string_view reason, bool force) {
  const sync::MutexLock lock(&turn_);
  if (absl::Status fresh = Fresh(); !fresh.ok()) return fresh;
  std::vector<GuardReport> reports;
  if (!force) {
    if (!GuardsAreReported()) {
      return errors::Make(errors::reasons::KEY_NOT_ACKNOWLEDGED,
                          "the key store was away, and guards have not been reported again yet; "
                          "try again in a minute");
    }
    absl::StatusOr<std::vector<GuardReport>> read = Reports();
    if (!read.ok()) return read.status();
    reports = *std::move(read);
  }
  const auto how = [&](const KeySetRecord& set,
                       const MakeKey& make) -> absl::StatusOr<KeySetRecord> {
    const KeyRecord* const next = FindKey(set, KeyState::kNext);
    const auto waiting = NotAcknowledged(reports, next == nullptr ? 0 : next->publish_version);
    if (!waiting.empty()) {
      return errors::Make(errors::reasons::KEY_NOT_ACKNOWLEDGED,
                          "guards that would refuse tokens of the next key: " + Joined(waiting));
    }
    return Rotated(set, Now(), make);
  };
  absl::StatusOr<Set> rotated = keeper_.Change(how, reason);
  if (rotated.ok()) Look();
  return rotated;
}

absl::StatusOr<KeyCycle::Revocation> KeyCycle::Revoke(std::string_view kid,
                                                      std::string_view reason) {
  const sync::MutexLock lock(&turn_);
  return RevokeWith(
      [&](const KeySetRecord& set, const MakeKey& make) { return Revoked(set, kid, Now(), make); },
      kid, reason);
}

absl::StatusOr<KeyCycle::Revocation> KeyCycle::RevokeAll(std::string_view reason) {
  const sync::MutexLock lock(&turn_);
  return RevokeWith(
      [&](const KeySetRecord& set, const MakeKey& make) { return AllRevoked(set, Now(), make); },
      "", reason);
}

absl::StatusOr<KeyCycle::Revocation> KeyCycle::RevokeWith(const KeyKeeper::How& how,
                                                          std::string_view kid,
                                                          std::string_view reason) {
  if (absl::Status fresh = Fresh(); !fresh.ok()) return fresh;
  KeySetRecord before;  // of the attempt that won
  const auto noting = [&](const KeySetRecord& set, const MakeKey& make) {
    before = set;
    return how(set, make);
  };
  const absl::StatusOr<Set> after = keeper_.Change(noting, reason);
  if (!after.ok()) return after.status();
  Look();
  Revocation done{*after, {}};
  for (const KeySet::Key& key : (*after)->keys()) {
    const KeyRecord* const was = FindKey(before, key.record.kid);
    const bool now = was != nullptr && was->state != KeyState::kRevoked;
    if (key.record.state == KeyState::kRevoked && (now || key.record.kid == kid)) {
      done.revoked.push_back(key);
    }
  }
  return done;
}

}  // namespace tokenforge::keys
