#include "tests/fuzz/corpus.h"

#include <gtest/gtest.h>

#include "tests/fuzz/config/targets.h"

namespace tokenforge::fuzz {
namespace {

TEST(ConfigFuzzTest, WhateverIsSetIsRefusedWholeOrReadsBackTheSame) {
  EXPECT_GE(RunCorpus("settings", CheckSettings), 5);
}

}  // namespace
}  // namespace tokenforge::fuzz
