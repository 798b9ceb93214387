// Logout, LogoutAll, ListSessions, RevokeSession, WhoAmI and Introspect, through
// the whole façade.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/uuid/uuid.h"
#include "tests/services/auth/facade_fixture.h"
#include "tokenforge/auth/v1/admin.grpc.pb.h"

namespace tokenforge::auth::testing {
namespace {

using Stub = v1::AuthService::Stub;
using SessionFlows = FacadeTest;

TEST_F(SessionFlows, LogoutRefusesTheTokenFromItsAnswerOn) {
  SilenceFeed();
  const v1::Tokens tokens = Register().tokens();
  ASSERT_TRUE(WhoAmI(tokens.access_token()).ok());
  ASSERT_TRUE(Logout(tokens.access_token()).ok());
  const grpc::Status status = WhoAmI(tokens.access_token());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ReasonOf(status), reasons::TOKEN_REVOKED);
  EXPECT_EQ(ReasonOf(TryRefresh(tokens.refresh_token())), reasons::SESSION_ENDED);
}

TEST_F(SessionFlows, LogoutNeverAnswersOkWithoutHavingStoredIt) {
  const v1::Tokens tokens = Register().tokens();
  sessions_.faults.Fail("RevokeSession", Down());
  EXPECT_EQ(Logout(tokens.access_token()).error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_TRUE(WhoAmI(tokens.access_token()).ok());
  sessions_.faults.Mend("RevokeSession");
  EXPECT_TRUE(Logout(tokens.access_token()).ok());
}

TEST_F(SessionFlows, LogoutRefusesTheTokenAlsoWhenItsSessionIsGoneAlready) {
  SilenceFeed();
  const v1::Tokens tokens = Register().tokens();
  sessions_.Forget();
  ASSERT_TRUE(Logout(tokens.access_token()).ok());
  EXPECT_EQ(ReasonOf(WhoAmI(tokens.access_token())), reasons::TOKEN_REVOKED);
}

TEST_F(SessionFlows, LogoutLeavesOtherSessionsAlone) {
  const v1::Tokens one = Register().tokens();
  const v1::Tokens other = Login();
  ASSERT_TRUE(Logout(one.access_token()).ok());
  EXPECT_TRUE(WhoAmI(other.access_token()).ok());
}

TEST_F(SessionFlows, LogoutAllEndsEverySessionOrAllButThisOne) {
  SilenceFeed();
  const v1::Tokens one = Register().tokens();
  const v1::Tokens two = Login();
  const v1::Tokens three = Login();
  v1::LogoutAllRequest request;
  request.set_keep_current(true);
  v1::LogoutAllResponse response;
  ASSERT_TRUE(Call(&Stub::LogoutAll, request, &response, one.access_token()).ok());
  EXPECT_EQ(response.sessions_ended(), 2);
  EXPECT_EQ(ReasonOf(WhoAmI(two.access_token())), reasons::TOKEN_REVOKED);
  EXPECT_EQ(ReasonOf(WhoAmI(three.access_token())), reasons::TOKEN_REVOKED);
  ASSERT_TRUE(WhoAmI(one.access_token()).ok());
  request.set_keep_current(false);
  ASSERT_TRUE(Call(&Stub::LogoutAll, request, &response, one.access_token()).ok());
  EXPECT_EQ(response.sessions_ended(), 1);
  EXPECT_EQ(ReasonOf(WhoAmI(one.access_token())), reasons::TOKEN_REVOKED);
}

TEST_F(SessionFlows, ListSessionsShowsTheCallersOwnInPagesAndMarksThisOne) {
  const v1::Tokens mine = Register().tokens();
  Login();
  Login();
  Register("eve@example.org");
  v1::ListSessionsRequest request;
  request.set_page_size(2);
  int shown = 0;
  int current = 0;
  int pages = 0;
  do {
    v1::ListSessionsResponse response;
    ASSERT_TRUE(Call(&Stub::ListSessions, request, &response, mine.access_token()).ok());
    for (const v1::Session& session : response.sessions()) {
      ++shown;
      EXPECT_EQ(session.current(), session.session_id() == mine.session_id());
      current += session.current() ? 1 : 0;
    }
    request.set_page_token(response.next_page_token());
    ++pages;
  } while (!request.page_token().empty());
  EXPECT_EQ(shown, 3);
  EXPECT_EQ(current, 1);
  EXPECT_EQ(pages, 2);
}

TEST_F(SessionFlows, RevokeSessionEndsOneOfTheCallersOwn) {
  SilenceFeed();
  const v1::Tokens here = Register().tokens();
  const v1::Tokens lost = Login();
  v1::RevokeSessionRequest request;
  request.set_session_id(lost.session_id());
  v1::RevokeSessionResponse response;
  ASSERT_TRUE(Call(&Stub::RevokeSession, request, &response, here.access_token()).ok());
  EXPECT_EQ(ReasonOf(WhoAmI(lost.access_token())), reasons::TOKEN_REVOKED);
  EXPECT_TRUE(WhoAmI(here.access_token()).ok());
  EXPECT_TRUE(Call(&Stub::RevokeSession, request, &response, here.access_token()).ok());
}

TEST_F(SessionFlows, RevokeSessionTouchesNobodyElses) {
  const v1::Tokens ada = Register().tokens();
  const v1::Tokens eve = Register("eve@example.org").tokens();
  v1::RevokeSessionRequest request;
  request.set_session_id(ada.session_id());
  v1::RevokeSessionResponse response;
  EXPECT_TRUE(Call(&Stub::RevokeSession, request, &response, eve.access_token()).ok());
  EXPECT_TRUE(WhoAmI(ada.access_token()).ok());
  request.set_session_id("not an ID");
  const grpc::Status status = Call(&Stub::RevokeSession, request, &response, eve.access_token());
  EXPECT_EQ(ReasonOf(status), reasons::INVALID_FIELD);
}

TEST_F(SessionFlows, WhoAmIReadsTheAccountAfresh) {
  const v1::Tokens tokens = Register().tokens();
  users_.Change("ada@example.org", [](users::v1::User& user) {
    user.set_given_name("Augusta");
    user.add_roles("auditor");
  });
  v1::WhoAmIResponse me;
  ASSERT_TRUE(WhoAmI(tokens.access_token(), &me).ok());
  EXPECT_EQ(me.user().given_name(), "Augusta");
  EXPECT_EQ(me.user().roles_size(), 2);
  EXPECT_THAT(me.roles(), ::testing::ElementsAre("user"));  // those in the token
  EXPECT_THAT(me.scopes(), ::testing::ElementsAre("notes.read", "notes.write"));
  EXPECT_EQ(me.expire_time().seconds(), tokens.access_expire_time().seconds());
}

TEST_F(SessionFlows, WhoAmIOfADeletedOrDisabledUserSaysThatTheSessionEnded) {
  const v1::Tokens ada = Register().tokens();
  const v1::Tokens eve = Register("eve@example.org").tokens();
  users_.Change("ada@example.org", [](users::v1::User& user) { user.set_disabled(true); });
  users_.Delete("eve@example.org");
  EXPECT_EQ(ReasonOf(WhoAmI(ada.access_token())), reasons::SESSION_ENDED);
  EXPECT_EQ(ReasonOf(WhoAmI(eve.access_token())), reasons::SESSION_ENDED);
}

TEST_F(SessionFlows, IntrospectTellsAboutAGoodToken) {
  const v1::RegisterResponse ada = Register();
  v1::IntrospectRequest request;
  request.set_token(ada.tokens().access_token());
  v1::IntrospectResponse response;
  ASSERT_TRUE(Call(&Stub::Introspect, request, &response).ok());
  EXPECT_TRUE(response.active());
  EXPECT_EQ(response.sub(), ada.user().user_id());
  EXPECT_EQ(response.sid(), ada.tokens().session_id());
  EXPECT_EQ(response.username(), "ada@example.org");
  EXPECT_EQ(response.scope(), "notes.read notes.write");
  EXPECT_EQ(response.client_id(), "spiffe://example.org/app");
  EXPECT_EQ(response.token_type(), "Bearer");
  EXPECT_EQ(response.iss(), kIssuer);
  EXPECT_EQ(response.exp(), ada.tokens().access_expire_time().seconds());
  EXPECT_EQ(response.exp() - response.iat(), 15 * 60);
  EXPECT_EQ(response.nbf(), response.iat());
  EXPECT_FALSE(response.jti().empty());
  EXPECT_THAT(response.aud(), ::testing::ElementsAre("tokenforge"));
  EXPECT_THAT(response.roles(), ::testing::ElementsAre("user"));
}

TEST_F(SessionFlows, IntrospectSaysNothingButInactiveAboutAnyOther) {
  const v1::Tokens tokens = Register().tokens();
  const v1::Tokens ended = Login();
  ASSERT_TRUE(Logout(ended.access_token()).ok());
  std::string forged = tokens.access_token();
  forged[forged.size() - 10] = forged[forged.size() - 10] == 'A' ? 'B' : 'A';
  for (const std::string& token :
       {std::string(), std::string("junk"), std::string("a.b.c"), std::string(100'000, 'x'), forged,
        ended.access_token(), tokens.refresh_token()}) {
    v1::IntrospectRequest request;
    request.set_token(token);
    v1::IntrospectResponse response;
    ASSERT_TRUE(Call(&Stub::Introspect, request, &response).ok()) << token.substr(0, 20);
    EXPECT_EQ(response.SerializeAsString(), "") << token.substr(0, 20);
  }
}

TEST_F(SessionFlows, MethodsOfPeopleNeedTheirToken) {
  EXPECT_EQ(ReasonOf(WhoAmI("")), reasons::TOKEN_MISSING);
  EXPECT_EQ(ReasonOf(Logout("")), reasons::TOKEN_MISSING);
  EXPECT_EQ(ReasonOf(Logout("junk")), reasons::TOKEN_MALFORMED);
}

TEST_F(SessionFlows, AdministrationIsForAdministrators) {
  const auto admin = v1::AdminService::NewStub(ChannelAs("operator"));
  const auto list = [&](const std::string& token) {
    grpc::ClientContext context;
    Prepare(context, token);
    v1::ListUsersResponse response;
    return ReasonOf(admin->ListUsers(&context, v1::ListUsersRequest(), &response));
  };
  const v1::Tokens tokens = Register().tokens();
  EXPECT_EQ(list(""), reasons::TOKEN_MISSING);
  EXPECT_EQ(list(tokens.access_token()), reasons::ROLE_REQUIRED);
  users_.Change("ada@example.org", [](users::v1::User& user) { user.add_roles("admin"); });
  EXPECT_EQ(list(Login().access_token()), reasons::REASON_UNSPECIFIED);
}

}  // namespace
}  // namespace tokenforge::auth::testing
