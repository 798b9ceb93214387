#include "tests/fuzz/corpus.h"

#include <gtest/gtest.h>

#include "tests/fuzz/rpc/targets.h"

namespace tokenforge::fuzz {
namespace {

TEST(RpcFuzzTest, IdsReadBackAsThemselvesAndPatternsMatchByTheRules) {
  EXPECT_GE(RunCorpus("spiffe", CheckSpiffe), 5);
}

}  // namespace
}  // namespace tokenforge::fuzz
