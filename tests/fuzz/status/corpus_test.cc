#include "tests/fuzz/corpus.h"

#include <gtest/gtest.h>

#include "tests/fuzz/status/targets.h"

namespace tokenforge::fuzz {
namespace {

TEST(StatusFuzzTest, NoTextIsMarkup) {
  EXPECT_EQ(RunCorpus("text", CheckText), 3) << "those that are shown as they are";
}

TEST(StatusFuzzTest, NobodyIsLetInWithoutTheToken) {
  EXPECT_EQ(RunCorpus("proof", CheckProof), 3) << "those with the token";
}

}  // namespace
}  // namespace tokenforge::fuzz
