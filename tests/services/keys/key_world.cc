#include "tests/services/keys/key_world.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace tokenforge::keys {
namespace {

using std::chrono::days;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr Span kTtl = minutes(15);
constexpr Span kLeeway = seconds(30);
constexpr std::size_t kReplicas = 3;
constexpr std::size_t kFacades = 2;
constexpr std::size_t kGuards = 8;

std::string Text(Span span) {
  return std::to_string(std::chrono::duration_cast<seconds>(span).count()) + " s";
}

}  // namespace

struct KeyWorld::Replica {
  Replica(KeyWorld& world, KeyStore& keys, GuardReportStore& guards)
      : clock(&world.now_),
        weather{&world.random_, false, 10},
        store(keys, weather),
        reports(guards, weather) {
    Start(world);
  }
  void Start(KeyWorld& world) {
    cycle.reset();
    keeper = std::make_unique<KeyKeeper>(
        store, world.keks_, clock,
        KeyKeeper::Options{.algorithm = world.settings_.algorithm, .store_timeout = hours(1)});
    cycle = std::make_unique<KeyCycle>(*keeper, reports, clock, world.settings_, hours(1));
  }
  OffClock clock;
  Weather weather;
  TroubledKeyStore store;
  TroubledReportStore reports;
  std::unique_ptr<KeyKeeper> keeper;
  std::unique_ptr<KeyCycle> cycle;
  Span as_of{0};  // its last look at the store
  Span cut_off_until{-1};
  Span clock_off_until{-1};
};

KeyWorld::KeyWorld(std::uint64_t seed) : random_(seed) {
  for (std::size_t i = 0; i < kReplicas; ++i) {
    replicas_.push_back(std::make_unique<Replica>(*this, store_, reports_));
  }
  facades_.resize(kFacades);
  guards_.resize(kGuards);
  for (std::size_t i = 0; i < kGuards; ++i) guards_[i].facade = i % kFacades;
}

KeyWorld::~KeyWorld() = default;

void KeyWorld::LiveUntil(Span then) {
  while (now_ < then && failure.empty()) Step();
}

void KeyWorld::Step() {
  ++counts["steps"];
  const bool outage = outage_until_ >= now_;
  now_ += NextSpan();
  EndTroubles();
  // What façades and guards did meanwhile; but reports come back only some time after an outage.
  Feed(false);
  if (!outage && outage_until_ < now_) Report();
  Operate();
  TickAll();
  Check();
  Feed(true);
  if (outage_until_ < now_) Report();
  Check();
  BeginTroubles();
}

// Mostly seconds to minutes, sometimes hours; never past the end of something that is bounded.
Span KeyWorld::NextSpan() {
  const std::uint64_t kind = Roll(20);
  Span span = kind < 12 ? Span(seconds(1 + Roll(60)))
                        : (kind < 19 ? Span(minutes(1 + Roll(20))) : Span(minutes(Roll(24 * 60))));
  for (const auto& replica : replicas_) {
    if (replica->cut_off_until > now_) span = std::min(span, replica->cut_off_until - now_);
    // They poll every 10 s; only some of those polls can be lived through.
    const bool cut_off = replica->weather.away || replica->cut_off_until > now_;
    const Set set = replica->keeper->Current();
    if (!cut_off &&
        (replica->as_of != now_ || set == nullptr || set->version() != noted_version_)) {
      span = std::min<Span>(span, seconds(1 + Roll(10)));
    }
  }
  const auto is_behind = [](const Guard& guard) { return guard.behind_since >= Span(0); };
  if (std::any_of(guards_.begin(), guards_.end(), is_behind))
    span = std::min<Span>(span, minutes(5));
  return std::max(span, Span(1));
}

void KeyWorld::EndTroubles() {
  for (const auto& replica : replicas_) {
    replica->weather.away = outage_until_ >= now_ || replica->cut_off_until > now_;
    if (replica->clock_off_until < now_) replica->clock.offset = Span(0);
  }
}

void KeyWorld::BeginTroubles() {
  if (outage_until_ < now_ && Chance(400)) {
    ++counts["outages"];
    outage_until_ = now_ + minutes(1 + Roll(Chance(4) ? 72 * 60 : 60));
  }
  Replica& replica = *replicas_[Roll(kReplicas)];
  // The bound is on what a replica misses: it begins with its last look at the store.
  if (outage_until_ < now_ && replica.as_of == now_ && Chance(100)) {
    ++counts["replicas cut off"];
    replica.cut_off_until = now_ + Span(1 + Roll(static_cast<std::uint64_t>(kCutOff.count())));
  }
  if (Chance(150)) {
    ++counts["kills"];
    replica.Start(*this);
  }
  if (Chance(250)) {
    ++counts["clock steps"];
    Span off = seconds(1 + Roll(100));
    for (std::uint64_t i = Roll(8); i > 0; --i) off *= 6;
    replica.clock.offset = Chance(2) ? off : -off;
    replica.clock_off_until = now_ + minutes(Roll(2 * 60));
  }
}

void KeyWorld::Operate() {
  Replica& replica = *replicas_[Roll(kReplicas)];
  if (replica.keeper->Current() == nullptr) return;
  const bool rotate = Chance(250);
  const bool force = Chance(4);
  const bool revoke = !rotate && Chance(700);
  const bool revoke_all = !rotate && !revoke && Chance(1500);
  try {
    if (rotate) {
      ++counts[replica.cycle->Rotate("an operator", force).ok() ? "rotations by hand" : "refused"];
    } else if (revoke) {
      constexpr KeyState kStates[] = {KeyState::kNext, KeyState::kActive, KeyState::kRetired};
      const KeySetRecord set = replica.keeper->Current()->ToRecord();
      const KeyRecord* const key = FindKey(set, kStates[Roll(3)]);
      const std::string kid = key == nullptr ? "nobody" : key->kid;
      ++counts[replica.cycle->Revoke(kid, "an operator").ok() ? "revocations" : "refused"];
    } else if (revoke_all) {
      ++counts[replica.cycle->RevokeAll("an operator").ok() ? "revocations of all" : "refused"];
    }
  } catch (const Killed&) {
    ++counts["kills inside the store"];
    replica.Start(*this);
  }
  Note(true, revoke || revoke_all || force);
  if (Chance(1500)) LoseLastWrite();
}

// A failover; every replica has seen what is lost, and one notices before any of them ends.
void KeyWorld::LoseLastWrite() {
  const bool all_know = std::all_of(replicas_.begin(), replicas_.end(), [this](const auto& each) {
    const Set set = each->keeper->Current();
    return set != nullptr && set->version() == noted_version_ && !each->weather.away;
  });
  if (!all_know || !before_last_) return;
  ++counts["lost writes"];
  store_.Put(before_last_);
  Replica& first = *replicas_[Roll(kReplicas)];
  first.weather.per_mille = 0;
  Tick(first);
  first.weather.per_mille = 10;
}

void KeyWorld::TickAll() {
  std::vector<std::size_t> order;
  for (std::size_t i = 0; i < kReplicas; ++i) order.push_back(i);
  std::shuffle(order.begin(), order.end(), random_);
  for (const std::size_t each : order) {
    Tick(*replicas_[each]);
    for (const auto& replica : replicas_) Sign(*replica);
  }
}

void KeyWorld::Tick(Replica& replica) {
  try {
    if (replica.cycle->Tick().ok()) replica.as_of = now_;
  } catch (const Killed&) {
    ++counts["kills inside the store"];
    replica.Start(*this);
  }
  Note(false, false);
}

// A token that a verifier with the right time accepts: not one from the future.
void KeyWorld::Sign(Replica& replica) {
  const Set set = replica.keeper->Current();
  if (set == nullptr || replica.clock.offset > kLeeway) return;
  ++counts["tokens"];
  Key& key = keys_[set->active().kid()];
  key.live_until = std::max(key.live_until, now_ + replica.clock.offset + kTtl + kLeeway);
}

// Follows what is stored: who was published when, who activated it, who is gone.
void KeyWorld::Note(bool by_operator, bool sudden) {
  auto stored = fakes::Finish(store_.Read(fakes::In(hours(1)))).value();
  if (!stored || stored->version == noted_version_) return;
  before_last_ = std::exchange(last_, stored);
  noted_version_ = stored->version;
  ++counts["key sets"];
  const KeySetRecord set = Decode(stored->value, keks_).value();
  for (const KeyRecord& record : set.keys) {
    const auto [found, is_new] = keys_.try_emplace(record.kid);
    Key& key = found->second;
    if (is_new) key.published = now_;
    if (key.gone) failure = "a kid came back";
    key.revoked = record.state == KeyState::kRevoked;
    if (record.state != KeyState::kActive || key.activated >= Span(0)) continue;
    key.activated = now_;
    key.sudden = sudden;
    key.by_operator = by_operator;
    key.early = by_operator && now_ - key.published < settings_.publish_for;
    ++counts[by_operator ? "activations by operators" : "activations by the rule"];
  }
  for (auto& [kid, key] : keys_) key.gone = FindKey(set, kid) == nullptr;
}

// Façades take their replica's set, guards their façade's: at once, some time later, or (when time
// has passed) because their lag has a bound.
void KeyWorld::Feed(bool at_once) {
  for (Facade& facade : facades_) {
    if (Chance(50) || replicas_[facade.replica]->keeper->Current() == nullptr) {
      facade.replica = Roll(kReplicas);
    }
    const Replica& source = *replicas_[facade.replica];
    const Set set = source.keeper->Current();
    if (set == nullptr || (facade.set != nullptr && set->version() < facade.set->version()))
      continue;
    facade.set = set;
    facade.as_of = source.as_of;
    caches_[set] = std::max(caches_[set], facade.as_of);
  }
  for (Guard& guard : guards_) {
    const Facade& facade = facades_[guard.facade];
    if (facade.set == nullptr || guard.set == facade.set) continue;
    if (guard.behind_since < Span(0)) guard.behind_since = now_;
    const bool must = now_ - guard.behind_since >= kGuardLag;
    if (guard.set != nullptr && !must && !(at_once && Chance(3))) continue;
    guard.set = facade.set;
    guard.behind_since = Span(-1);
  }
  std::erase_if(caches_, [this](const auto& cache) { return now_ - cache.second > kDay; });
}

void KeyWorld::Report() {
  for (std::size_t i = 0; i < kFacades; ++i) {
    if (facades_[i].set == nullptr) continue;
    GuardReport report;
    report.facade_id = std::to_string(i);
    report.keys_version = facades_[i].set->version();
    report.least_applied_version = report.keys_version;
    for (const Guard& guard : guards_) {
      if (guard.facade != i) continue;
      ++report.connected;
      const std::uint64_t applied = guard.set == nullptr ? 0 : guard.set->version();
      report.least_applied_version = std::min(report.least_applied_version, applied);
    }
    (void)fakes::Finish(reports_.Report(report, fakes::In(hours(1)))).ok();
  }
}

void KeyWorld::Check() {
  live_.clear();
  for (const auto& [kid, key] : keys_) {
    if (!key.revoked && key.live_until >= now_) live_.emplace_back(kid, &key);
  }
  for (const auto& replica : replicas_) {
    CheckSet(replica->keeper->Current(), replica->as_of, false, "a replica");
  }
  for (const Facade& facade : facades_) CheckSet(facade.set, facade.as_of, false, "a façade");
  for (const auto& [set, as_of] : caches_) CheckSet(set, as_of, false, "an HTTP cache");
  for (const Guard& guard : guards_) CheckSet(guard.set, now_, true, "a guard");
}

bool KeyWorld::Requires(const Key& key, Span as_of, bool on_feed) const {
  if (on_feed) return !key.sudden;
  if (key.published < as_of) return true;
  if (key.sudden || key.early) return false;
  const bool a_day_ahead = key.activated - key.published >= kDay;
  return now_ - as_of < (a_day_ahead ? kDay : settings_.publish_for);
}

void KeyWorld::CheckSet(const Set& set, Span as_of, bool on_feed, const char* who) {
  if (set == nullptr) return;
  for (const auto& [kid, signer] : live_) {
    const Key& key = *signer;
    if (!Requires(key, as_of, on_feed)) continue;
    ++counts["checks"];
    const KeySet::Key* const held = set->Find(kid);
    if (held != nullptr && held->record.state != KeyState::kRevoked) continue;
    failure = std::string(who) + " does not trust a live token's key: its set is " +
              Text(now_ - as_of) + " old, the key was published " + Text(now_ - key.published) +
              " ago and activated " + Text(now_ - key.activated) + " ago" +
              (key.by_operator ? " by an operator" : "") + ", at version " +
              std::to_string(noted_version_) + "; its own is " + std::to_string(set->version());
  }
}

}  // namespace tokenforge::keys
