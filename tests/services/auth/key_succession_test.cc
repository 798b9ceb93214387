#include "services/auth/key_succession.h"

#include <gtest/gtest.h>

#include "tests/fakes/fake_clock.h"

namespace tokenforge::auth {
namespace {

class KeySuccessionTest : public ::testing::Test {
 protected:
  bool Allows(std::uint64_t version) { return succession_.Allows(version, clock_.SteadyNow()); }

  fakes::FakeClock clock_;
  KeySuccession succession_;
};

TEST_F(KeySuccessionTest, FollowsNewerVersionsAndTheSameOne) {
  EXPECT_TRUE(Allows(3));
  succession_.Took(3);
  EXPECT_TRUE(Allows(3));
  EXPECT_TRUE(Allows(4));
}

TEST_F(KeySuccessionTest, RefusesAnOlderVersionThatComesLate) {
  succession_.Took(10);
  EXPECT_FALSE(Allows(9));
  clock_.Advance(KeySuccession::kPatience - std::chrono::nanoseconds(1));
  EXPECT_FALSE(Allows(9));
}

TEST_F(KeySuccessionTest, GoesBackWithAStoreThatStaysBack) {
  succession_.Took(10);
  EXPECT_FALSE(Allows(1));
  clock_.Advance(KeySuccession::kPatience);
  EXPECT_TRUE(Allows(1));
  succession_.Took(1);
  EXPECT_TRUE(Allows(2));
}

TEST_F(KeySuccessionTest, LosesItsPatienceAnewAfterTheNewerVersionWasHeardAgain) {
  succession_.Took(10);
  EXPECT_FALSE(Allows(9));
  clock_.Advance(KeySuccession::kPatience);
  succession_.Took(10);
  EXPECT_FALSE(Allows(9));
}

}  // namespace
}  // namespace tokenforge::auth
