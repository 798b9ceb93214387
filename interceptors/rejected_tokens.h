// RejectedTokens: tokens that were refused after their signature had been looked at, so that a
// client which repeats one does not cost a signature each time.
//
// Apart from the verified ones, so that junk pushes out nothing but junk. A token counts as found
// only when all of its bytes agree, and a verdict is only worth something while nothing has changed
// that could change it: the verifier keeps the version of trust with each and compares. Bounded:
// 512 tokens of at most 2 KiB; longer ones are checked each time. Under a flood of different tokens
// it does nothing but forget.
//
// Thread-safe: striped locks, held for one comparison.
#pragma once

#include <array>
#include <atomic>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>

#include "interceptors/token_hash.h"
#include "lib/clock/clock.h"
#include "lib/errors/errors.h"
#include "lib/sync/mutex.h"

namespace tokenforge::internal {

// Why a token was refused, and for how long that holds.
struct Verdict {
  errors::Reason reason{};
  std::uint32_t issuer = 0;       // whose keys judged it
  bool until_any_change = false;  // of that issuer's trust; else until its keys change
  std::uint64_t version = 0;      // of trust, or of the keys
  clock::WallTime since;          // it may have been good before: a clock can be set back
};

class RejectedTokens {
 public:
  static constexpr std::size_t kSlots = 512;
  static constexpr std::size_t kMostBytes = 2048;

  std::optional<Verdict> Find(std::string_view token);
  // Takes the place of whatever had the same slot.
  void Insert(std::string_view token, const Verdict& verdict);

 private:
  struct Slot {
    std::string token;
    Verdict verdict;
  };
  struct alignas(64) Stripe {
    sync::Mutex mutex;
  };

  const TokenHash hash_;
  std::atomic<bool> used_ = false;  // most guards never see a bad token twice
  std::array<Slot, kSlots> slots_;  // each guarded by stripes_[index % size]
  std::array<Stripe, 16> stripes_;
};

}  // namespace tokenforge::internal
