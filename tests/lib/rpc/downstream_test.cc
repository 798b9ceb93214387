// Calls behind a circuit: what opens it, what does not, and the time that is left to say so.
#include "lib/rpc/downstream.h"

#include <gtest/gtest.h>

#include "tests/lib/rpc/call_fixture.h"

namespace tokenforge::rpc::testing {
namespace {

TEST_F(CallTest, ServerThatIsAwayIsLeftAloneAfterTenCalls) {
  back_.Stop();
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(errors::ReasonOf(FromGrpc(Ask().status)), reasons::DEPENDENCY_DOWN);
  }
  const absl::Status refused = FromGrpc(Ask().status);
  EXPECT_EQ(errors::ReasonOf(refused), reasons::CIRCUIT_OPEN);
  EXPECT_GT(errors::RetryAfterOf(refused), seconds(20));
  EXPECT_EQ(errors::ReasonOf(to_back_->Look()), reasons::CIRCUIT_OPEN);
}

TEST_F(CallTest, RefusalsOfAServerOpenNothing) {
  Back([](auto&, auto&) { return errors::Make(reasons::NOT_FOUND, "no such thing"); });
  for (int i = 0; i < 30; ++i) Ask();
  EXPECT_TRUE(to_back_->Look().ok());
}

TEST_F(CallTest, WhatAServerSaysOfItsStoreOpensItsCircuit) {
  Back([](auto&, auto&) {
    return errors::MakeRetryable(reasons::CIRCUIT_OPEN, "the store is away", seconds(7));
  });
  for (int i = 0; i < 10; ++i) Ask();
  const int calls = back_.keys.calls;
  const absl::Status refused = FromGrpc(Ask().status);
  EXPECT_EQ(errors::ReasonOf(refused), reasons::CIRCUIT_OPEN);
  EXPECT_LE(errors::RetryAfterOf(refused), seconds(7)) << "no longer than the server's own";
  EXPECT_EQ(back_.keys.calls, calls) << "it was not asked";
}

TEST_F(CallTest, ButNotThatOfAServerWhichDoesWithoutItsStore) {
  to_back_ = std::make_unique<Downstream<KeyService>>(Upstream{Plain(back_), circuit_, false});
  Back([](auto&, auto&) { return errors::Make(reasons::DEPENDENCY_DOWN, "the store is away"); });
  for (int i = 0; i < 30; ++i) Ask();
  EXPECT_TRUE(to_back_->Look().ok());
  back_.Stop();
  for (int i = 0; i < 60; ++i) Ask();
  EXPECT_FALSE(to_back_->Look().ok()) << "its silence does";
}

TEST_F(CallTest, WorkThatAServerDroppedForItsAgeOpensNothing) {
  Back([](auto&, auto&) { return errors::Make(reasons::DEADLINE_PASSED, "dropped"); });
  for (int i = 0; i < 30; ++i) Ask();
  EXPECT_TRUE(to_back_->Look().ok());
}

TEST_F(CallTest, HandlerHasTimeToAnswerBeforeItsCallerGivesUp) {
  clock::SteadyTime::duration margin{};
  Back([&margin](grpc::CallbackServerContext& context, auto&) {
    const clock::SteadyTime ours = ServerCall(context).deadline();
    const auto left = context.deadline() - std::chrono::system_clock::now();
    margin = left - (ours - std::chrono::steady_clock::now());
    return absl::OkStatus();
  });
  ASSERT_TRUE(Ask(seconds(10)).status.ok());
  EXPECT_GE(margin, milliseconds(45));
  EXPECT_LE(margin, milliseconds(55));
}

}  // namespace
}  // namespace tokenforge::rpc::testing
