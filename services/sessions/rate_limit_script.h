// The Lua script of the rate limits: one step on the buckets of one partition. Private to
// rate_limit_store_redis.
//
// Unlike other scripts it reads the server's clock (TIME), as one of the two that must agree
// (two_clocks.h), and a step that is done twice costs or gives twice. So giving back is never sent
// again once it may have run; taking may be, when a node of a cluster is lost under it: at worst it
// costs twice, and nobody gains a token.
#pragma once

#include "lib/redis/command.h"

namespace tokenforge::sessions::scripts {

// KEYS: a bucket each. ARGV: 1 the service's time (ms), 2 how much longer than needed a bucket is
// kept (ms), then of each bucket six: its kind ("tokens", or of a streak "streak" or, to end it,
// "end"), how many tokens, and its policy: burst, refill, period, "" or after, shortest, longest,
// forget.
// → {1 if allowed, ms to wait, then of each bucket: how many are left, ms until full}
const redis::Script& TakeFromBuckets();
const redis::Script& GiveToBuckets();

}  // namespace tokenforge::sessions::scripts
