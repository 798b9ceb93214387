// The worst day, through the whole façade: every key revoked and every session ended, and whatever
// goes wrong half-way.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "tests/services/auth/facade_fixture.h"
#include "tokenforge/auth/v1/admin.grpc.pb.h"

namespace tokenforge::auth::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class EndAllSessionsTest : public FacadeTest {
 protected:
  EndAllSessionsTest() : admin_(v1::AdminService::NewStub(ChannelAs("console"))) {
    Register();
    users_.Change("ada@example.org", [](users::v1::User& user) { user.add_roles("admin"); });
    Register("bob@example.org");
  }

  // As an administrator who has just logged in.
  grpc::Status RevokeAll(bool end_all_sessions) {
    v1::RevokeAllSigningKeysRequest request;
    request.set_reason("the store was read");
    request.set_end_all_sessions(end_all_sessions);
    grpc::ClientContext context;
    Prepare(context, Login().access_token());
    response_.Clear();
    return admin_->RevokeAllSigningKeys(&context, request, &response_);
  }
  int KeyRevocations() const { return keys_.faults.Calls("RevokeAllKeys"); }
  int SessionEndings() const { return sessions_.faults.Calls("EndAllSessions"); }

  std::unique_ptr<v1::AdminService::Stub> admin_;
  v1::RevokeAllSigningKeysResponse response_;
};

TEST_F(EndAllSessionsTest, EverybodyMustLogInAgain) {
  const v1::Tokens ada = Login();
  const v1::Tokens bob = Login("bob@example.org");
  const grpc::Status status = RevokeAll(true);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response_.active().kid(), keys_.kid());
  EXPECT_EQ(response_.keys_revoked(), KeyRevocations());
  EXPECT_EQ(ReasonOf(TryRefresh(ada.refresh_token())), reasons::SESSION_ENDED);
  EXPECT_EQ(ReasonOf(TryRefresh(bob.refresh_token())), reasons::SESSION_ENDED);
  EXPECT_EQ(ReasonOf(WhoAmI(bob.access_token())), reasons::TOKEN_UNKNOWN_KEY);
  const v1::Tokens again = Login("bob@example.org");
  EXPECT_TRUE(WhoAmI(again.access_token()).ok());
  EXPECT_TRUE(TryRefresh(again.refresh_token()).ok());
}

TEST_F(EndAllSessionsTest, SessionsGoOnUnlessTheyAreToEnd) {
  const v1::Tokens bob = Login("bob@example.org");
  ASSERT_TRUE(RevokeAll(false).ok());
  EXPECT_EQ(SessionEndings(), 0);
  EXPECT_EQ(KeyRevocations(), 1);
  EXPECT_TRUE(TryRefresh(bob.refresh_token()).ok());
}

TEST_F(EndAllSessionsTest, WhoRefreshesInTheMiddleKeepsNothing) {
  const v1::Tokens thief = Login("bob@example.org");
  v1::Tokens in_between;
  sessions_.BeforeEndingAll([&] {
    EXPECT_EQ(ReasonOf(WhoAmI(thief.access_token())), reasons::TOKEN_UNKNOWN_KEY)
        << "the keys are revoked before anything else";
    EXPECT_TRUE(TryRefresh(thief.refresh_token(), &in_between).ok());
    EXPECT_TRUE(WhoAmI(in_between.access_token()).ok()) << "or this test shows nothing";
  });
  ASSERT_TRUE(RevokeAll(true).ok());
  EXPECT_EQ(ReasonOf(WhoAmI(in_between.access_token())), reasons::TOKEN_UNKNOWN_KEY);
  EXPECT_EQ(ReasonOf(TryRefresh(in_between.refresh_token())), reasons::SESSION_ENDED);
}

TEST_F(EndAllSessionsTest, KeysAreRevokedAlsoWhenSessionsCannotBeEnded) {
  const v1::Tokens bob = Login("bob@example.org");
  sessions_.faults.Fail("EndAllSessions", Down());
  const grpc::Status refused = RevokeAll(true);
  EXPECT_EQ(ReasonOf(refused), reasons::DEPENDENCY_DOWN);
  EXPECT_TRUE(errors::RetryAfterOf(rpc::FromGrpc(refused)).has_value());
  EXPECT_THAT(refused.error_message(), HasSubstr("every signing key was revoked"));
  EXPECT_THAT(refused.error_message(), HasSubstr("call again"));
  EXPECT_THAT(refused.error_message(), Not(HasSubstr("10.0.0.7")));
  EXPECT_EQ(KeyRevocations(), 1);
  EXPECT_EQ(ReasonOf(WhoAmI(bob.access_token())), reasons::TOKEN_UNKNOWN_KEY);

  sessions_.faults.Mend("EndAllSessions");
  ASSERT_TRUE(RevokeAll(true).ok());
  EXPECT_EQ(ReasonOf(TryRefresh(bob.refresh_token())), reasons::SESSION_ENDED);
}

TEST_F(EndAllSessionsTest, AFaultOfTheSessionsServiceIsNotHandedOn) {
  sessions_.faults.Fail("EndAllSessions",
                        errors::Make(reasons::PEER_NOT_ALLOWED, "not from /auth"));
  const grpc::Status refused = RevokeAll(true);
  EXPECT_EQ(ReasonOf(refused), reasons::INTERNAL_FAULT);
  EXPECT_THAT(refused.error_message(), HasSubstr("every signing key was revoked"));
  EXPECT_THAT(refused.error_message(), Not(HasSubstr("/auth")));
}

TEST_F(EndAllSessionsTest, SessionsGoOnWhenKeysCannotBeRevoked) {
  const v1::Tokens bob = Login("bob@example.org");
  keys_.faults.Fail("RevokeAllKeys", Down());
  const grpc::Status refused = RevokeAll(true);
  EXPECT_EQ(ReasonOf(refused), reasons::DEPENDENCY_DOWN);
  EXPECT_THAT(refused.error_message(), Not(HasSubstr("revoked")));
  EXPECT_EQ(SessionEndings(), 0);
  EXPECT_TRUE(TryRefresh(bob.refresh_token()).ok());
}

TEST_F(EndAllSessionsTest, SaysThatTokensOfTheMiddleMayLive) {
  sessions_.BeforeEndingAll([&] { keys_.faults.Fail("RevokeAllKeys", Down()); });
  const grpc::Status refused = RevokeAll(true);
  EXPECT_EQ(ReasonOf(refused), reasons::DEPENDENCY_DOWN);
  EXPECT_THAT(refused.error_message(), HasSubstr("every session ended"));
  EXPECT_THAT(refused.error_message(), HasSubstr("call again"));
  EXPECT_EQ(sessions_.LiveSessions(), 0U);

  sessions_.BeforeEndingAll(nullptr);
  keys_.faults.Mend("RevokeAllKeys");
  EXPECT_TRUE(RevokeAll(true).ok());
}

}  // namespace
}  // namespace tokenforge::auth::testing
