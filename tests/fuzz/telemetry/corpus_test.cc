#include "tests/fuzz/corpus.h"

#include <gtest/gtest.h>

#include "tests/fuzz/telemetry/targets.h"

namespace tokenforge::fuzz {
namespace {

TEST(TelemetryFuzzTest, WhateverHeadersComeTheNextServerGetsGoodOnes) {
  EXPECT_GE(RunCorpus("trace", CheckTrace), 5);
}

}  // namespace
}  // namespace tokenforge::fuzz
