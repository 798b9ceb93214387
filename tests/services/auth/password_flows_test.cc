// ChangePassword, password reset, verification of addresses, and private registration, through the
// whole façade.
#include "services/auth/password_flows.h"

#include <gtest/gtest.h>

#include "tests/services/auth/facade_fixture.h"

namespace tokenforge::auth::testing {
namespace {

using Stub = v1::AuthService::Stub;
constexpr const char* kNewPassword = "another battery staple";

class PasswordFlows : public FacadeTest {
 protected:
  grpc::Status Change(const std::string& token, const std::string& current,
                      const std::string& wanted = kNewPassword) {
    v1::ChangePasswordRequest request;
    request.set_current_password(current);
    request.set_new_password(wanted);
    v1::ChangePasswordResponse response;
    return Call(&Stub::ChangePassword, request, &response, token);
  }
  grpc::Status RequestReset(const std::string& email) {
    v1::RequestPasswordResetRequest request;
    request.set_email(email);
    v1::RequestPasswordResetResponse response;
    return Call(&Stub::RequestPasswordReset, request, &response);
  }
  grpc::Status Reset(const std::string& token, const std::string& wanted = kNewPassword) {
    v1::ResetPasswordRequest request;
    request.set_token(token);
    request.set_new_password(wanted);
    v1::ResetPasswordResponse response;
    return Call(&Stub::ResetPassword, request, &response);
  }
  grpc::Status Verify(const std::string& token) {
    v1::VerifyEmailRequest request;
    request.set_token(token);
    v1::VerifyEmailResponse response;
    return Call(&Stub::VerifyEmail, request, &response);
  }
};

TEST_F(PasswordFlows, ChangeKeepsThisSessionAndEndsTheOthersAtOnce) {
  SilenceFeed();
  const v1::Tokens one = Register().tokens();
  const v1::Tokens two = Login();
  ASSERT_TRUE(Change(one.access_token(), kPassword).ok());
  EXPECT_TRUE(WhoAmI(one.access_token()).ok());
  EXPECT_TRUE(TryRefresh(one.refresh_token()).ok());
  EXPECT_EQ(ReasonOf(WhoAmI(two.access_token())), reasons::TOKEN_REVOKED);
  EXPECT_EQ(ReasonOf(TryRefresh(two.refresh_token())), reasons::SESSION_ENDED);
  EXPECT_EQ(ReasonOf(TryLogin("ada@example.org", kPassword)), reasons::INVALID_CREDENTIALS);
  EXPECT_TRUE(TryLogin("ada@example.org", kNewPassword).ok());
}

TEST_F(PasswordFlows, ChangeNeedsThePresentPasswordAndCountsGuessesAtIt) {
  const v1::Tokens tokens = Register().tokens();
  const v1::Tokens other = Login();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(ReasonOf(Change(tokens.access_token(), "a wrong password")),
              reasons::INVALID_CREDENTIALS);
  }
  EXPECT_EQ(ReasonOf(Change(tokens.access_token(), kPassword)), reasons::RATE_LIMITED);
  EXPECT_TRUE(WhoAmI(other.access_token()).ok());
}

TEST_F(PasswordFlows, AWeakNewPasswordIsNoWrongGuess) {
  const v1::Tokens tokens = Register().tokens();
  users_.faults.Fail("ChangePassword",
                     errors::InvalidFields({{"new_password", "is known"}}, reasons::WEAK_PASSWORD));
  for (int i = 0; i < 10; ++i) {
    EXPECT_EQ(ReasonOf(Change(tokens.access_token(), kPassword)), reasons::WEAK_PASSWORD);
  }
  users_.faults.Mend("ChangePassword");
  EXPECT_TRUE(Change(tokens.access_token(), kPassword).ok());
}

TEST_F(PasswordFlows, ChangeTellsEveryFaultOfItsRequest) {
  const v1::Tokens tokens = Register().tokens();
  EXPECT_EQ(ReasonOf(Change(tokens.access_token(), "", "short")), reasons::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(Change(tokens.access_token(), "x", "short")), reasons::WEAK_PASSWORD);
  EXPECT_EQ(ReasonOf(Change("", kPassword)), reasons::TOKEN_MISSING);
}

TEST_F(PasswordFlows, ChangeSaysSoWhenOtherSessionsCouldNotBeEndedAndTheyEndAtTheirNextRefresh) {
  const v1::Tokens one = Register().tokens();
  const v1::Tokens two = Login();
  sessions_.faults.Fail("RevokeUserSessions", Down());
  const grpc::Status status = Change(one.access_token(), kPassword);
  EXPECT_EQ(ReasonOf(status), reasons::DEPENDENCY_DOWN);
  EXPECT_NE(status.error_message().find("new password is set"), std::string::npos);
  // What the users service keeps, as if the sessions had begun long before.
  users_.Change("ada@example.org", [](users::v1::User& user) {
    user.mutable_sessions_valid_from()->set_seconds(4'000'000'000);
  });
  EXPECT_EQ(ReasonOf(WhoAmI(two.access_token())), reasons::SESSION_ENDED);
  EXPECT_EQ(ReasonOf(TryRefresh(two.refresh_token())), reasons::SESSION_ENDED);
  EXPECT_TRUE(TryRefresh(one.refresh_token()).ok());
  EXPECT_TRUE(WhoAmI(one.access_token()).ok());
}

TEST(HasEnded, LetsHalfAMinutePassBetweenTheClocksOfTwoServices) {
  const clock::WallTime begin{std::chrono::seconds(1'800'000'000)};
  users::v1::User user;
  EXPECT_FALSE(HasEnded(user, "session", begin));
  user.mutable_sessions_valid_from()->set_seconds(1'800'000'030);
  EXPECT_FALSE(HasEnded(user, "session", begin));
  user.mutable_sessions_valid_from()->set_nanos(1000);
  EXPECT_TRUE(HasEnded(user, "session", begin));
  EXPECT_TRUE(HasEnded(user, "", begin));
  user.set_kept_session_id("session");
  EXPECT_FALSE(HasEnded(user, "session", begin));
  EXPECT_TRUE(HasEnded(user, "another", begin));
}

TEST_F(PasswordFlows, ARequestForAResetIsAnsweredAlikeForAnyAddress) {
  Register();
  for (const char* email : {"ada@example.org", "nobody@example.org"}) {
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(RequestReset(email).ok());
    EXPECT_EQ(ReasonOf(RequestReset(email)), reasons::RATE_LIMITED);
  }
  EXPECT_EQ(ReasonOf(RequestReset("no address")), reasons::INVALID_FIELD);
}

TEST_F(PasswordFlows, ResetEndsAllSessionsAndUsesTheTokenUp) {
  SilenceFeed();
  const v1::Tokens tokens = Register().tokens();
  ASSERT_TRUE(RequestReset("ada@example.org").ok());
  ASSERT_TRUE(Reset("tfp_of ada@example.org").ok());
  EXPECT_EQ(ReasonOf(WhoAmI(tokens.access_token())), reasons::TOKEN_REVOKED);
  EXPECT_EQ(ReasonOf(TryRefresh(tokens.refresh_token())), reasons::SESSION_ENDED);
  EXPECT_TRUE(TryLogin("ada@example.org", kNewPassword).ok());
  EXPECT_EQ(ReasonOf(Reset("tfp_of ada@example.org")), reasons::CODE_INVALID);
}

TEST_F(PasswordFlows, ResetRefusesAWrongTokenAndWhatIsNone) {
  Register();
  EXPECT_EQ(ReasonOf(Reset("tfp_of ada@example.org")), reasons::CODE_INVALID);
  EXPECT_EQ(ReasonOf(Reset("")), reasons::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(Reset(std::string(257, 'x'))), reasons::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(Reset("x", "short")), reasons::WEAK_PASSWORD);
}

TEST_F(PasswordFlows, AMailedTokenVerifiesTheAddressOnce) {
  const v1::Tokens tokens = Register().tokens();
  v1::RequestEmailVerificationResponse response;
  ASSERT_TRUE(Call(&Stub::RequestEmailVerification, v1::RequestEmailVerificationRequest(),
                   &response, tokens.access_token())
                  .ok());
  ASSERT_TRUE(Verify("tfv_of ada@example.org").ok());
  v1::WhoAmIResponse me;
  ASSERT_TRUE(WhoAmI(tokens.access_token(), &me).ok());
  EXPECT_TRUE(me.user().email_verified());
  EXPECT_EQ(ReasonOf(Verify("tfv_of ada@example.org")), reasons::CODE_INVALID);
  EXPECT_EQ(ReasonOf(Verify("")), reasons::INVALID_FIELD);
}

TEST_F(PasswordFlows, PrivateRegistrationAnswersAlikeWithoutTokens) {
  Register("ada@example.org");
  facade_->private_registration = true;
  for (const char* email : {"ada@example.org", "new@example.org"}) {
    v1::RegisterRequest request;
    request.set_email(email);
    request.set_password(kPassword);
    v1::RegisterResponse response;
    EXPECT_TRUE(Call(&Stub::Register, request, &response).ok());
    EXPECT_EQ(response.SerializeAsString(), "");
  }
}

}  // namespace
}  // namespace tokenforge::auth::testing
