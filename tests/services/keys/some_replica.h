// A keys replica for tests: keeper and cycle on stores that it may share with others.
#pragma once

#include <string>

#include "services/keys/key_cycle.h"

namespace tokenforge::keys {

inline constexpr auto kEdDsa = jose::Algorithm::kEdDsa;
inline constexpr Span kPatience = std::chrono::seconds(20);

struct Replica {
  Replica(KeyStore& store, GuardReportStore& reports, const KeyEncryption& keks,
          const clock::Clock& clock, RotationSettings settings = {.algorithm = kEdDsa})
      : keeper(store, keks, clock, {.algorithm = settings.algorithm, .store_timeout = kPatience}),
        cycle(keeper, reports, clock, settings, kPatience) {}
  std::string active() const { return keeper.Current()->active().kid(); }
  std::uint64_t version() const { return keeper.Current()->version(); }
  std::string KidIn(KeyState state) const {
    const KeySetRecord set = keeper.Current()->ToRecord();
    const KeyRecord* const key = FindKey(set, state);
    return key == nullptr ? "" : key->kid;
  }
  KeyKeeper keeper;
  KeyCycle cycle;
};

}  // namespace tokenforge::keys
