// What the guards behind one façade replica enforce, as that replica told (keys.proto,
// GuardReport): plain values.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>
#include <vector>

#include "services/keys/key_record.h"

namespace tokenforge::keys {

struct GuardReport {
  static constexpr std::chrono::minutes kLife{10};  // of a report that nobody renews
  static constexpr std::size_t kMostReplicas =
      64;  // the oldest report gives way to a new replica's
  static constexpr std::size_t kMostBehind = 20;
  static constexpr std::size_t kLongestId = 256;

  std::string facade_id;
  std::uint64_t keys_version = 0;           // the newest key set that it has handed out
  std::int32_t connected = 0;               // guards on its feed; 0 withdraws the report
  std::int32_t applied = 0;                 // of them, those that enforce keys_version
  std::uint64_t least_applied_version = 0;  // the oldest key set that a connected guard enforces
  std::vector<std::string> behind;          // IDs of some that do not enforce keys_version
  Time report_time;

  friend bool operator==(const GuardReport&, const GuardReport&) = default;
};

}  // namespace tokenforge::keys
