// UnknownKeys: whether a token that names an unknown key is worth a look-up of the keys.
//
// Why: a `kid` costs nothing to invent. At most one look-up each 30 s comes of all unknown ones
// together; it fetches the whole key set, so a flood of invented kids only brings a real new key
// sooner. And a kid that was looked up in vain is not looked up again for five minutes unless the
// keys change: one client with a token from elsewhere does not make us ask for ever. Nothing here
// touches tokens of known keys.
//
// Bounded: 2 KiB. Two kids may share a slot or, once in 2^64, a hash; that costs a later look-up.
// Thread-safe and lock-free.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <string_view>

#include "interceptors/cool_down.h"

namespace tokenforge::internal {

class UnknownKeys {
 public:
  static constexpr std::chrono::seconds kPause{30};
  static constexpr std::chrono::minutes kForgetAfter{5};

  // Whether LookUp could be true at all: spares the parsing of a header. One atomic load.
  bool Ready(clock::SteadyTime now) const { return pause_.Ready(now); }

  // True when a look-up should be made for this kid now: the caller makes it.
  bool LookUp(std::string_view kid, std::uint64_t keys_version, clock::SteadyTime now);

 private:
  CoolDown pause_{kPause};
  std::array<std::atomic<std::uint64_t>, 256> in_vain_{};
};

}  // namespace tokenforge::internal
