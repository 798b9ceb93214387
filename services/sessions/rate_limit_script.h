// The Lua script of the rate limits: one step on the buckets of one partition. Private to
// rate_limit_store_redis.
//
// Unlike other scripts it reads the server's clock (TIME), as one of the two that must agree
// (two_clocks.h), and it is NOT idempotent: nobody may repeat a call that timed out. A take that
// may have run costs; a give-back is tried once.
#pragma once

#include "lib/redis/command.h"

namespace tokenforge::sessions::scripts {

// KEYS: a bucket each. ARGV: 1 "take" or "give", 2 the service's time (ms), 3 how much longer than
// needed a bucket is kept (ms), then of each bucket six: its kind ("tokens", or of a streak
// "streak" or, to end it, "end"), how many tokens, and its policy: burst, refill, period, "" or
// after, shortest, longest, forget. → {1 if allowed, ms to wait, then of each bucket: how many are
// left, ms until full}
const redis::Script& StepBuckets();

}  // namespace tokenforge::sessions::scripts
