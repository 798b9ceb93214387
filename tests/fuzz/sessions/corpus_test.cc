#include "tests/fuzz/corpus.h"

#include <gtest/gtest.h>

#include "tests/fuzz/sessions/targets.h"

namespace tokenforge::fuzz {
namespace {

TEST(SessionsFuzzTest, NoMutatedRefreshTokenIsAccepted) {
  EXPECT_EQ(RunCorpus("refresh_token", CheckRefreshToken), 2) << "one of each key";
}

}  // namespace
}  // namespace tokenforge::fuzz
