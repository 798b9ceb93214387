// Callers of handler tests.
#include "tokenforge/testing/fake_caller.h"

#include <gmock/gmock.h>
#include <grpcpp/server_context.h>
#include <gtest/gtest.h>

#include <optional>

namespace tokenforge::testing {
namespace {

using ::testing::ElementsAre;

TEST(FakeCaller, IsTheCallerOfItsContextWhileItLives) {
  grpc::ServerContext context;
  EXPECT_EQ(CallerOf(context).kind(), Caller::Kind::kAnonymous);
  {
    const FakeCaller ada(context, {.subject = "ada", .email = "a@b.c", .roles = {"admin"}});
    const Caller caller = CallerOf(context);
    EXPECT_EQ(caller.kind(), Caller::Kind::kUser);
    EXPECT_TRUE(caller.authenticated());
    EXPECT_EQ(caller.subject(), "ada");
    EXPECT_EQ(caller.email(), "a@b.c");
    EXPECT_THAT(caller.roles(), ElementsAre("admin"));
    EXPECT_TRUE(caller.HasRole("admin"));
    EXPECT_FALSE(caller.HasScope("read"));
    grpc::CallbackServerContext other;
    EXPECT_FALSE(CallerOf(other).authenticated());
  }
  EXPECT_FALSE(CallerOf(context).authenticated());
}

TEST(FakeCaller, TheLaterOfTwoCountsUntilItEnds) {
  grpc::CallbackServerContext context;
  const FakeCaller ada(context, {.subject = "ada"});
  {
    const FakeCaller eve(context, {.subject = "eve"});
    EXPECT_EQ(CallerOf(context).subject(), "eve");
  }
  EXPECT_EQ(CallerOf(context).subject(), "ada");
}

TEST(FakeCaller, HasTheKindOfWhatItHasProven) {
  EXPECT_EQ(MakeCaller({}).kind(), Caller::Kind::kAnonymous);
  EXPECT_EQ(MakeCaller({.peer = "spiffe://example.org/web"}).kind(), Caller::Kind::kPeer);
  EXPECT_EQ(MakeCaller({.subject = "spiffe://example.org/jobs"}).kind(), Caller::Kind::kService);
  const Caller both = MakeCaller({.subject = "ada", .peer = "spiffe://example.org/web"});
  EXPECT_EQ(both.kind(), Caller::Kind::kUser);
  EXPECT_EQ(both.peer(), "spiffe://example.org/web");
}

}  // namespace
}  // namespace tokenforge::testing
