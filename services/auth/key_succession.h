// KeySuccession: which of two key sets follows the other, when they come by several ways.
//
// Why: after "revoke all keys" this replica has the new set from the answer, while the feed may
// still bring the one before, or a keys replica that is cut off from its store may go on telling
// it. Taking that would trust revoked keys again. So an older version is refused, unless it is
// still told after half a minute: then the store has really gone back (restored from a backup), and
// a façade that clung to lost keys would refuse every token for ever.
//
// Pure: time is an argument. Not thread-safe.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>

#include "lib/clock/clock.h"

namespace tokenforge::auth {

class KeySuccession {
 public:
  static constexpr std::chrono::seconds kPatience{30};

  // Whether the key set of this version may take the place of the known one now.
  bool Allows(std::uint64_t version, clock::SteadyTime now) {
    if (version >= version_) return true;
    if (!older_since_) older_since_ = now;
    return now - *older_since_ >= kPatience;
  }

  // It has taken its place.
  void Took(std::uint64_t version) {
    version_ = version;
    older_since_.reset();
  }

 private:
  std::uint64_t version_ = 0;
  std::optional<clock::SteadyTime> older_since_;
};

}  // namespace tokenforge::auth
