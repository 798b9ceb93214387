#include "services/keys/rotation.h"

#include <algorithm>
#include <utility>

#include "services/keys/key_changes.h"

namespace tokenforge::keys {
namespace {

// Clocks of replicas may differ by this much without meaning anything.
constexpr Span kSkew = std::chrono::minutes(5);
constexpr Span kLongest = std::chrono::hours(1);
constexpr Span kAskAgain = std::chrono::seconds(1);  // for acknowledgements that are missing

class Rule {
 public:
  Rule(const Situation& situation, const RotationSettings& settings)
      : at_(situation), settings_(settings) {
    decision_.look_again = kLongest;
  }

  Decision Run() {
    const Time due = RotationDue(at_.set, at_.now, settings_);
    decision_.overdue = std::max(Span(0), Span(at_.now - due));
    if (Next() || Rotation(due) || Forgetting() || Sealing()) decision_.look_again = Span(0);
    return std::move(decision_);
  }

 private:
  bool Do(Step step, std::string reason) {
    decision_.step = step;
    decision_.reason = std::move(reason);
    return true;
  }
  // True when `span` is over; else remembers when to look again.
  bool Over(Span passed, Span span) {
    if (passed >= span) return true;
    decision_.look_again = std::min(decision_.look_again, span - passed);
    return false;
  }
  Span SeenFor(const KeyRecord& key) const {
    const auto found = at_.seen_for.find(key.kid);
    return found == at_.seen_for.end() ? Span(0) : found->second;
  }

  bool Next() {
    const KeyRecord* const next = FindKey(at_.set, KeyState::kNext);
    if (next == nullptr) return Do(Step::kMakeNext, "there is no next key");
    return next->algorithm != settings_.algorithm && Over(SeenFor(*next), settings_.publish_for) &&
           Do(Step::kMakeNext, "the next key's algorithm is not the configured one");
  }

  bool Rotation(Time due) {
    if (!Over(at_.now - due, Span(0))) return false;
    const KeyRecord* const next = FindKey(at_.set, KeyState::kNext);
    if (next == nullptr || !Over(SeenFor(*next), settings_.publish_for) || !HasRoom()) return false;
    if (at_.reports != nullptr) {
      decision_.waiting = NotAcknowledged(*at_.reports, next->publish_version);
      if (decision_.waiting.empty()) return Do(Step::kRotate, "it was due");
    }
    if (Over(SeenFor(*next), settings_.acknowledge_within) &&
        Over(decision_.overdue, settings_.acknowledge_within)) {
      return Do(Step::kRotate, at_.reports == nullptr
                                   ? "it was long due, although the guards' reports cannot be read"
                                   : "it was long due, although guards have not acknowledged it");
    }
    decision_.look_again = std::min(decision_.look_again, kAskAgain);
    return false;
  }

  bool HasRoom() const {
    const auto trusted =
        std::count_if(at_.set.keys.begin(), at_.set.keys.end(),
                      [](const auto& key) { return key.state != KeyState::kRevoked; });
    return static_cast<std::size_t>(trusted) < kMostKeys;
  }

  bool Forgetting() {
    for (const KeyRecord& key : at_.set.keys) {
      const bool gone =
          (key.state == KeyState::kRetired && Over(SeenFor(key), settings_.retire_for)) ||
          (key.state == KeyState::kRevoked &&
           Over(at_.now - key.retire_time.value_or(key.create_time), settings_.keep_revoked));
      if (gone) decision_.kids.push_back(key.kid);
    }
    return !decision_.kids.empty() && Do(Step::kForget, "its time is over");
  }

  bool Sealing() {
    return at_.foreign_kek_for && Over(*at_.foreign_kek_for, settings_.publish_for) &&
           Do(Step::kReseal, "it was sealed under another KEK than the first");
  }

  const Situation& at_;
  const RotationSettings& settings_;
  Decision decision_;
};

}  // namespace

Time RotationDue(const KeySetRecord& set, Time now, const RotationSettings& settings) {
  const KeyRecord* const active = FindKey(set, KeyState::kActive);
  if (active == nullptr) return now;
  const Time since = active->activate_time.value_or(active->create_time);
  return since > now + kSkew ? now - settings.acknowledge_within : since + settings.rotate_every;
}

std::vector<std::string> NotAcknowledged(const std::vector<GuardReport>& reports,
                                         std::uint64_t publish_version) {
  std::vector<std::string> waiting;
  for (const GuardReport& report : reports) {
    if (report.connected <= 0 || report.least_applied_version >= publish_version) continue;
    if (report.behind.empty()) {
      waiting.push_back("one behind " + report.facade_id);
    } else {
      waiting.insert(waiting.end(), report.behind.begin(), report.behind.end());
    }
  }
  return waiting;
}

Decision Decide(const Situation& situation, const RotationSettings& settings) {
  return Rule(situation, settings).Run();
}

}  // namespace tokenforge::keys
