// Which bodies of SessionStore the contract suite runs on in this program: those that need nothing,
// or a cluster (TOKENFORGE_ON_CLUSTER), which its tests share.
#pragma once

#include <gtest/gtest.h>

#include "tests/contract/sessions/store_bodies.h"

#ifdef TOKENFORGE_ON_CLUSTER
#include "tests/contract/sessions/cluster_body.h"
#endif

namespace tokenforge::sessions {

#ifdef TOKENFORGE_ON_CLUSTER
using Bodies = ::testing::Types<ClusterBody>;
using RealBody = ClusterBody;
#else
using Bodies = ::testing::Types<MemoryBody, RedisBody>;
using RealBody = RedisBody;
#endif

}  // namespace tokenforge::sessions
