// The wait at the start: a façade opens its port only when the services behind it answer.
//
// Only at the start: when one of them goes away later, what needs it fails with UNAVAILABLE, and
// all else goes on.
#pragma once

#include "lib/rpc/process.h"
#include "services/auth/trust_feeds.h"
#include "services/auth/upstreams.h"

namespace tokenforge::auth {

// Until users is connected, and keys and sessions have told what a guard needs; each is a condition
// of /readyz. False when the process was asked to stop first. Blocks; for the main thread.
bool AwaitUpstreams(const Upstreams& upstreams, const TrustFeeds& feeds, rpc::Process& process);

}  // namespace tokenforge::auth
