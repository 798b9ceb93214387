// The servers that all contract tests of a program share, where they do: a cluster
// (TOKENFORGE_ON_CLUSTER), or a primary with sentinels (TOKENFORGE_ON_SENTINEL).
#pragma once

#ifdef TOKENFORGE_ON_CLUSTER
#include "tests/contract/keys/keys_on_cluster.h"
#define TOKENFORGE_SHARED_SERVERS
#endif
#ifdef TOKENFORGE_ON_SENTINEL
#include "tests/contract/keys/keys_on_sentinel.h"
#define TOKENFORGE_SHARED_SERVERS
#endif

namespace tokenforge::keys {

#if defined(TOKENFORGE_ON_CLUSTER)
using SharedServers = KeysOnCluster;
#elif defined(TOKENFORGE_ON_SENTINEL)
using SharedServers = KeysOnSentinel;
#endif

}  // namespace tokenforge::keys
