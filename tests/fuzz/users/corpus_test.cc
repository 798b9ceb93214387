#include "tests/fuzz/corpus.h"

#include <gtest/gtest.h>

#include "tests/fuzz/users/targets.h"

namespace tokenforge::fuzz {
namespace {

TEST(UsersFuzzTest, WhatIsTakenForAHashIsWithinTheLimitsAndHasOneSpelling) {
  EXPECT_EQ(RunCorpus("stored_hash", CheckStoredHash), 25) << "24 foreign ones and one of our own";
}

}  // namespace
}  // namespace tokenforge::fuzz
