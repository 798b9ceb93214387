// That the checker of histories accepts what one store could have answered, and nothing else.
#include <gtest/gtest.h>

#include "tests/chaos/session_history.h"
#include "tests/chaos/session_load.h"

namespace tokenforge::chaos {
namespace {

using sessions::Policy;
using sessions::Verdict;
using Kind = Operation::Kind;

const Policy kPolicy = RoundPolicy(sessions::ReusePolicy::kUser);

sessions::Time At(int second) {
  return sessions::Time(std::chrono::seconds(1'800'000'000 + second));
}

class HandMade : public ::testing::Test {
 protected:
  Operation Rotate(uint64_t called, uint64_t returned, int second, uint32_t generation) const {
    Operation operation;
    operation.kind = Kind::kRotate;
    operation.now = At(second);
    operation.session = id_;
    operation.generation = generation;
    operation.called = called;
    operation.returned = returned;
    return operation;
  }
  static Operation Answered(Operation operation, Verdict verdict, std::vector<Kept> seen = {},
                            std::vector<uuid::Uuid> ended = {}) {
    operation.answer = {verdict, std::move(ended), std::move(seen)};
    return operation;
  }
  Kept Generation(uint32_t generation, std::vector<sessions::Time> moves) const {
    return {id_, {At(0), generation, std::move(moves)}};
  }
  Operation Added() const {
    Operation operation = Answered(Rotate(1, 2, 0, 0), Verdict::kEnded);
    operation.kind = Kind::kAdd;
    return operation;
  }
  Operation Ended(uint64_t called, uint64_t returned) const {
    Operation operation = Answered(Rotate(called, returned, 1, 0), Verdict::kEnded, {}, {id_});
    operation.kind = Kind::kEnd;
    return operation;
  }
  static bool Fits(std::vector<Operation> history) {
    return CheckHistory(std::move(history), kPolicy).linearizable;
  }

  const uuid::Uuid id_ = uuid::Uuid::Random();
};

TEST_F(HandMade, OneAfterTheOtherMustFollowTheTable) {
  const Operation first = Answered(Rotate(3, 4, 1, 1), Verdict::kRotated, {Generation(2, {At(1)})});
  EXPECT_TRUE(Fits({Added(), first}));
  EXPECT_FALSE(Fits({first})) << "of a session that there never was";
  const Operation again =
      Answered(Rotate(5, 6, 2, 1), Verdict::kRepeated, {Generation(2, {At(1)})});
  EXPECT_TRUE(Fits({Added(), first, again}));
  const Operation twice =
      Answered(Rotate(5, 6, 2, 1), Verdict::kRotated, {Generation(2, {At(1), At(2)})});
  EXPECT_FALSE(Fits({Added(), first, twice})) << "one token rotates once";
  const Operation late = Answered(Rotate(5, 6, 9, 1), Verdict::kRepeated, {Generation(2, {At(1)})});
  EXPECT_FALSE(Fits({Added(), first, late})) << "the grace is over: this is theft";
}

TEST_F(HandMade, TwoAtOnceMayHaveComeInEitherOrderButNotBothFirst) {
  const Kept next = Generation(2, {At(1)});
  const Operation a = Answered(Rotate(3, 6, 1, 1), Verdict::kRepeated, {next});
  const Operation b = Answered(Rotate(4, 5, 1, 1), Verdict::kRotated, {next});
  EXPECT_TRUE(Fits({Added(), a, b})) << "b came first, though a was called first";
  const Operation also = Answered(Rotate(3, 6, 1, 1), Verdict::kRotated, {next});
  EXPECT_FALSE(Fits({Added(), also, b}));
  const Operation neither = Answered(Rotate(4, 5, 1, 1), Verdict::kRepeated, {next});
  EXPECT_FALSE(Fits({Added(), a, neither}));
}

TEST_F(HandMade, WhatReturnedBeforeTheOtherWasCalledCameFirst) {
  const Operation ended = Ended(3, 4);
  const Operation after = Answered(Rotate(5, 6, 1, 1), Verdict::kEnded);
  const Operation revived =
      Answered(Rotate(5, 6, 1, 1), Verdict::kRotated, {Generation(2, {At(1)})});
  EXPECT_TRUE(Fits({Added(), ended, after}));
  EXPECT_FALSE(Fits({Added(), ended, revived})) << "a logout was forgotten";
  const Operation at_once =
      Answered(Rotate(3, 6, 1, 1), Verdict::kRotated, {Generation(2, {At(1)})});
  EXPECT_TRUE(Fits({Added(), Ended(4, 5), at_once})) << "it may have come before the logout";
}

TEST_F(HandMade, WhatWasNotAnsweredMayHaveHappenedOrNot) {
  const Operation lost = Rotate(3, 4, 1, 1);
  const Operation second =
      Answered(Rotate(5, 6, 2, 1), Verdict::kRepeated, {Generation(2, {At(1)})});
  EXPECT_TRUE(Fits({Added(), lost, second})) << "it happened";
  const Operation first = Answered(Rotate(5, 6, 2, 1), Verdict::kRotated, {Generation(2, {At(2)})});
  EXPECT_TRUE(Fits({Added(), lost, first})) << "it did not";
  const Operation odd = Answered(Rotate(5, 6, 2, 1), Verdict::kRepeated, {Generation(2, {At(2)})});
  EXPECT_FALSE(Fits({Added(), lost, odd})) << "nobody moved on at that time";
  Operation gone = Ended(3, 4);
  gone.answer.reset();
  const Operation still = Answered(Rotate(5, 6, 1, 1), Verdict::kRotated, {Generation(2, {At(1)})});
  const Operation then = Answered(Rotate(7, 8, 1, 2), Verdict::kEnded);
  EXPECT_TRUE(Fits({Added(), gone, still, then})) << "it happened late";
}

}  // namespace
}  // namespace tokenforge::chaos
