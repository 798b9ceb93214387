// The Lua scripts of the session store: one per operation, one round trip, one slot. Private to
// session_store_redis.
//
// They take every input through KEYS and ARGV, also the time: a decision must not depend on which
// machine's clock made it. Only the log's own order and the lives of keys go by the server's clock,
// as spans; and the limit asks it too (two_clocks.h). Each may be repeated, as a call that timed
// out may have run: what it leaves behind is the same, but for the attempts that a limit counts.
//   KEYS[1] a user's sessions   KEYS[2] the revocation log of the user's bucket   KEYS[3] its epoch
#pragma once

#include "lib/redis/command.h"

namespace tokenforge::sessions::scripts {

// ARGV of all but the last: 1 now, 2 idle life, 3 absolute life, 4 end of revocations, 5 life of
// the log (ms).
const redis::Script&
Add();  // 6 most sessions, 7 session ID, 8 record → the IDs of those that made room
const redis::Script&
Rotate();  // 6 grace, 7 reuse, 8 user, 9 issued before, 10 session ID, 11 generation,
           // 12 client, 13–15 device, 16 burst of the limit or "", 17 refill, 18 period, 19 the
           // service's clock → {verdict}; {verdict, record}; of theft {verdict, IDs ended, the
           // record that there was}; of the limit {verdict, remaining, ms to one, ms to all}
const redis::Script& End();  // 6 session ID → the IDs ended
const redis::Script&
EndAll();  // 6 session ID to keep or "", 7 user, 8 issued before → the IDs ended
const redis::Script& Revoke();  // 6 entry of the log → nil

// KEYS[1] the epoch of a bucket; ARGV: 1 the epoch to set, 2 its life (ms) → nil
const redis::Script& EndEverybodys();

}  // namespace tokenforge::sessions::scripts
