// Which bodies of SessionStore the contract suite runs on in this program: those that need nothing,
// a cluster (TOKENFORGE_ON_CLUSTER), or the primary that sentinels name (TOKENFORGE_ON_SENTINEL);
// the servers of the latter two are shared by all its tests.
#pragma once

#include <gtest/gtest.h>

#include "tests/contract/sessions/store_bodies.h"

#ifdef TOKENFORGE_ON_CLUSTER
#include "tests/contract/sessions/cluster_body.h"
#endif
#ifdef TOKENFORGE_ON_SENTINEL
#include "tests/contract/sessions/sentinel_body.h"
#endif

namespace tokenforge::sessions {

#if defined(TOKENFORGE_ON_CLUSTER)
using Bodies = ::testing::Types<ClusterBody>;
using RealBody = ClusterBody;
#elif defined(TOKENFORGE_ON_SENTINEL)
using Bodies = ::testing::Types<SentinelBody>;
using RealBody = SentinelBody;
#else
using Bodies = ::testing::Types<MemoryBody, RedisBody>;
using RealBody = RedisBody;
#endif

}  // namespace tokenforge::sessions
