// Refresh through the whole façade.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/services/auth/facade_fixture.h"

namespace tokenforge::auth::testing {
namespace {

using ::testing::HasSubstr;
using RefreshFlow = FacadeTest;

TEST_F(RefreshFlow, RefreshGivesNewTokensOfTheSameSession) {
  const v1::Tokens old = Register().tokens();
  v1::Tokens tokens;
  ASSERT_TRUE(TryRefresh(old.refresh_token(), &tokens).ok());
  EXPECT_EQ(tokens.session_id(), old.session_id());
  EXPECT_NE(tokens.refresh_token(), old.refresh_token());
  EXPECT_NE(tokens.access_token(), old.access_token());
  EXPECT_TRUE(WhoAmI(tokens.access_token()).ok());
}

TEST_F(RefreshFlow, RefreshPutsChangedRolesIntoTheNewToken) {
  const v1::Tokens old = Register().tokens();
  users_.Change("ada@example.org", [](users::v1::User& user) { user.add_roles("auditor"); });
  v1::Tokens tokens;
  ASSERT_TRUE(TryRefresh(old.refresh_token(), &tokens).ok());
  EXPECT_THAT(ClaimsJson(tokens.access_token()), HasSubstr(R"("roles":["user","auditor"])"));
  EXPECT_THAT(ClaimsJson(old.access_token()), HasSubstr(R"("roles":["user"])"));
}

TEST_F(RefreshFlow, RefreshOfADisabledUserEndsEverySessionAtOnce) {
  SilenceFeed();
  const v1::Tokens tokens = Register().tokens();
  const v1::Tokens elsewhere = Login();
  users_.Change("ada@example.org", [](users::v1::User& user) { user.set_disabled(true); });
  const grpc::Status status = TryRefresh(tokens.refresh_token());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ReasonOf(status), reasons::SESSION_ENDED);
  EXPECT_EQ(sessions_.LiveSessions(), 0u);
  EXPECT_EQ(ReasonOf(WhoAmI(tokens.access_token())), reasons::TOKEN_REVOKED);
  EXPECT_EQ(ReasonOf(WhoAmI(elsewhere.access_token())), reasons::TOKEN_REVOKED);
}

TEST_F(RefreshFlow, RefreshOfADeletedUserTellsNothingButThatTheSessionEnded) {
  const v1::Tokens tokens = Register().tokens();
  users_.Delete("ada@example.org");
  EXPECT_EQ(ReasonOf(TryRefresh(tokens.refresh_token())), reasons::SESSION_ENDED);
  EXPECT_EQ(sessions_.LiveSessions(), 0u);
}

TEST_F(RefreshFlow, RefreshRefusesADisabledUserAlsoWhenTheSessionsCannotBeEnded) {
  const v1::Tokens tokens = Register().tokens();
  users_.Change("ada@example.org", [](users::v1::User& user) { user.set_disabled(true); });
  sessions_.faults.Fail("RevokeUserSessions", Down());
  EXPECT_EQ(ReasonOf(TryRefresh(tokens.refresh_token())), reasons::SESSION_ENDED);
}

TEST_F(RefreshFlow, RefreshThatFailedAfterTheRotationLosesNothing) {
  const v1::Tokens old = Register().tokens();
  for (const char* method : {"GetUser", "SignToken"}) {
    Faults& faults = method == std::string("GetUser") ? users_.faults : keys_.faults;
    faults.Fail(method, Down());
    const grpc::Status status = TryRefresh(old.refresh_token());
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << method;
    faults.Mend(method);
  }
  v1::Tokens tokens;
  v1::Tokens again;
  ASSERT_TRUE(TryRefresh(old.refresh_token(), &tokens).ok());
  ASSERT_TRUE(TryRefresh(old.refresh_token(), &again).ok());
  EXPECT_EQ(tokens.refresh_token(), again.refresh_token());
  EXPECT_EQ(sessions_.LiveSessions(), 1u);
}

TEST_F(RefreshFlow, RefreshTellsTheCasesOfTheTableApart) {
  const v1::Tokens first = Register().tokens();
  v1::Tokens second;
  v1::Tokens third;
  EXPECT_EQ(ReasonOf(TryRefresh("rubbish")), reasons::REFRESH_TOKEN_INVALID);
  ASSERT_TRUE(TryRefresh(first.refresh_token(), &second).ok());
  ASSERT_TRUE(TryRefresh(second.refresh_token(), &third).ok());
  EXPECT_EQ(ReasonOf(TryRefresh(first.refresh_token())), reasons::REFRESH_TOKEN_SUPERSEDED);
  EXPECT_TRUE(WhoAmI(third.access_token()).ok());
  sessions_.EndGrace();
  EXPECT_EQ(ReasonOf(TryRefresh(first.refresh_token())), reasons::REFRESH_TOKEN_REUSED);
  EXPECT_EQ(ReasonOf(TryRefresh(third.refresh_token())), reasons::SESSION_ENDED);
  // The revocation comes through the feed.
  EXPECT_TRUE(
      Eventually([&] { return ReasonOf(WhoAmI(third.access_token())) == reasons::TOKEN_REVOKED; }));
}

TEST_F(RefreshFlow, RefreshNeverTakesAStoreFaultForTheft) {
  const v1::Tokens tokens = Register().tokens();
  sessions_.faults.Fail("RotateRefreshToken", Down());
  EXPECT_EQ(TryRefresh(tokens.refresh_token()).error_code(), grpc::StatusCode::UNAVAILABLE);
  sessions_.faults.Mend("RotateRefreshToken");
  EXPECT_TRUE(TryRefresh(tokens.refresh_token()).ok());
}

}  // namespace
}  // namespace tokenforge::auth::testing
