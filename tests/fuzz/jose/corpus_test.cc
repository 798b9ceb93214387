#include "tests/fuzz/corpus.h"

#include <gtest/gtest.h>

#include "tests/fuzz/jose/targets.h"
#include "tests/vectors/jose/foreign_tokens.h"

namespace tokenforge::fuzz {
namespace {

TEST(JoseFuzzTest, NoMutatedTokenIsAccepted) {
  std::vector<std::string> more;
  for (const auto& foreign : vectors::kForeignTokens) more.emplace_back(foreign.token);
  EXPECT_EQ(RunCorpus("token", CheckToken, more), 3) << "the signed ones";
}

TEST(JoseFuzzTest, EveryKeySetReadsBackAsItself) {
  std::vector<std::string> more;
  for (const auto& foreign : vectors::kForeignTokens)
    more.push_back("{\"keys\":[" + std::string(foreign.jwk) + "]}");
  EXPECT_GE(RunCorpus("jwks", CheckKeySet, more), 5);
}

TEST(JoseFuzzTest, WhateverIsSignedIsRefusedOrReadBackTheSame) {
  EXPECT_GE(RunCorpus("signed", CheckSigned), 5);
}

}  // namespace
}  // namespace tokenforge::fuzz
