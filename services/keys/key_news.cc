#include "services/keys/key_news.h"

#include <array>

#include "lib/telemetry/log.h"
#include "lib/telemetry/metrics.h"

namespace tokenforge::keys {
namespace {

using telemetry::Level;

constexpr std::array<KeyState, 4> kStates = {KeyState::kNext, KeyState::kActive, KeyState::kRetired,
                                             KeyState::kRevoked};

void Count(const KeySet& set) {
  static const telemetry::GaugeFamily family("tokenforge_signing_keys",
                                             "Signing keys by their state.", {"state"});
  for (const KeyState state : kStates) {
    int count = 0;
    for (const KeySet::Key& key : set.keys()) count += key.record.state == state ? 1 : 0;
    family.With({NameOf(state)}).Set(count);
  }
}

void Tell(const KeyRecord& key, std::string_view from, std::string_view to, const KeySet& set,
          std::string_view reason) {
  telemetry::Log(to == "revoked" ? Level::kWarning : Level::kInfo, "signing key changed",
                 {{"kid", key.kid},
                  {"algorithm", jose::Name(key.algorithm)},
                  {"from", from},
                  {"to", to},
                  {"key_set_version", set.version()},
                  {"reason", reason}});
}

}  // namespace

void TellChanges(const KeySet* before, const KeySet& after, std::string_view reason) {
  Count(after);
  telemetry::Log(Level::kInfo, "key set in use",
                 {{"version", after.version()}, {"kid", after.active().kid()}});
  if (before == nullptr) return;
  for (const KeySet::Key& key : after.keys()) {
    const KeySet::Key* const was = before->Find(key.record.kid);
    if (was != nullptr && was->record.state == key.record.state) continue;
    Tell(key.record, was == nullptr ? "" : NameOf(was->record.state), NameOf(key.record.state),
         after, reason);
  }
  for (const KeySet::Key& key : before->keys()) {
    if (after.Find(key.record.kid) != nullptr) continue;
    Tell(key.record, NameOf(key.record.state), "gone", after, reason);
  }
}

}  // namespace tokenforge::keys
