// Logins in two steps, and second factors, through the whole façade.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/rpc/status.h"
#include "tests/services/auth/facade_fixture.h"

namespace tokenforge::auth::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using Taken = std::map<std::string, int>;

constexpr char kAda[] = "ada@example.org";
constexpr auto kRightCode = FakeUsers::kRightCode;
constexpr auto kRightRecoveryCode = FakeUsers::kRightRecoveryCode;

class FactorFlows : public FacadeTest {
 protected:
  // Ada, with a second factor in force.
  FactorFlows() : first_(Register(kAda).tokens()) {
    users_.Change(kAda, [](users::v1::User& user) { user.set_mfa_enabled(true); });
    sessions_.limits.Lift();
  }

  std::string Challenge() {
    v1::LoginRequest request;
    request.set_email(kAda);
    request.set_password(kPassword);
    request.mutable_device()->set_name("Ada's phone");
    request.mutable_device()->set_user_agent("app/1");
    request.mutable_device()->set_ip_address("198.51.100.7");
    v1::LoginResponse response;
    const grpc::Status status = Call(&v1::AuthService::Stub::Login, request, &response);
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response.mfa_challenge().challenge();
  }
  static v1::CompleteLoginRequest WithTotp(const std::string& challenge, const std::string& code) {
    v1::CompleteLoginRequest request;
    request.set_challenge(challenge);
    request.set_totp_code(code);
    return request;
  }
  grpc::Status Complete(const v1::CompleteLoginRequest& request,
                        v1::CompleteLoginResponse* response = nullptr) {
    v1::CompleteLoginResponse ignored;
    return Call(&v1::AuthService::Stub::CompleteLogin, request, response ? response : &ignored);
  }
  grpc::Status Disable(const std::string& password) {
    v1::DisableTotpRequest request;
    request.set_password(password);
    v1::DisableTotpResponse response;
    return Call(&v1::AuthService::Stub::DisableTotp, request, &response, first_.access_token());
  }
  template <class Request>
  void ExpectFaults(const Request& request, const std::vector<std::string>& fields) {
    const int before = users_.faults.AllCalls() + sessions_.faults.Calls("TakeTokens");
    const grpc::Status status = Complete(request);
    EXPECT_EQ(ReasonOf(status), reasons::INVALID_FIELD);
    std::vector<std::string> named;
    for (const auto& fault : errors::FaultsOf(rpc::FromGrpc(status))) named.push_back(fault.field);
    EXPECT_EQ(named, fields);
    EXPECT_EQ(users_.faults.AllCalls() + sessions_.faults.Calls("TakeTokens"), before);
  }

  const v1::Tokens first_;
};

TEST_F(FactorFlows, LoginAnswersAChallengeAndNoTokens) {
  v1::LoginResponse response;
  ASSERT_TRUE(TryLogin(kAda, kPassword, &response).ok());
  EXPECT_EQ(response.outcome_case(), v1::LoginResponse::kMfaChallenge);
  EXPECT_EQ(response.user().email(), kAda);
  EXPECT_FALSE(response.mfa_challenge().challenge().empty());
  EXPECT_THAT(response.mfa_challenge().methods(), ElementsAre("totp", "recovery_code"));
  EXPECT_EQ(response.mfa_challenge().expire_time().seconds(), 1'900'000'000);
  EXPECT_EQ(sessions_.LiveSessions(), 1u) << "that of the registration";
}

TEST_F(FactorFlows, RightCodeStartsASessionOfTheFirstStepsDevice) {
  sessions_.Forget();
  v1::CompleteLoginResponse response;
  const grpc::Status status = Complete(WithTotp(Challenge(), kRightCode), &response);
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.user().email(), kAda);
  EXPECT_THAT(ClaimsJson(response.tokens().access_token()),
              HasSubstr(R"("amr":["pwd","otp","mfa"])"));
  const sessions::v1::Session session = sessions_.OnlySession();
  EXPECT_EQ(session.session_id(), response.tokens().session_id());
  EXPECT_EQ(session.device().name(), "Ada's phone");
  EXPECT_EQ(session.device().user_agent(), "app/1");
  EXPECT_EQ(session.device().ip_address(), "198.51.100.7");
  EXPECT_TRUE(WhoAmI(response.tokens().access_token()).ok());
}

TEST_F(FactorFlows, RecoveryCodeIsSaidToBeNoOneTimePassword) {
  v1::CompleteLoginRequest request;
  request.set_challenge(Challenge());
  request.set_recovery_code(kRightRecoveryCode);
  v1::CompleteLoginResponse response;
  ASSERT_TRUE(Complete(request, &response).ok());
  EXPECT_THAT(ClaimsJson(response.tokens().access_token()), HasSubstr(R"("amr":["pwd","mfa"])"));
}

TEST_F(FactorFlows, WrongCodesAreCountedAndTheSixthGuessIsRefusedUnseen) {
  const std::string challenge = Challenge();
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(ReasonOf(Complete(WithTotp(challenge, "000000"))), reasons::CODE_INVALID);
  }
  const int tried = users_.faults.Calls("VerifySecondFactor");
  const grpc::Status sixth = Complete(WithTotp(challenge, kRightCode));
  EXPECT_EQ(sixth.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(sixth), reasons::RATE_LIMITED);
  EXPECT_EQ(users_.faults.Calls("VerifySecondFactor"), tried);
}

TEST_F(FactorFlows, LoginIsPaidBackOnceBothStepsWereRight) {
  const std::string challenge = Challenge();
  EXPECT_EQ(sessions_.limits.Taken("account_lock", kAda), 1) << "a right password is half a login";
  EXPECT_EQ(ReasonOf(Complete(WithTotp(challenge, "000000"))), reasons::CODE_INVALID);
  EXPECT_EQ(sessions_.limits.Taken("account_lock", kAda), 2);
  ASSERT_TRUE(Complete(WithTotp(challenge, kRightCode)).ok());
  EXPECT_EQ(sessions_.limits.Taken("account_lock", kAda), 0);
}

TEST_F(FactorFlows, MadeUpChallengeCountsForNobody) {
  EXPECT_EQ(ReasonOf(Complete(WithTotp("tfl_made_up", kRightCode))), reasons::CHALLENGE_INVALID);
  EXPECT_EQ(sessions_.limits.All(), Taken());
}

TEST_F(FactorFlows, AnotherServiceCannotCompleteIt) {
  const std::string challenge = Challenge();
  const auto other = v1::AuthService::NewStub(ChannelAs("other"));
  grpc::ClientContext context;
  Prepare(context, "");
  v1::CompleteLoginResponse response;
  EXPECT_EQ(ReasonOf(other->CompleteLogin(&context, WithTotp(challenge, kRightCode), &response)),
            reasons::CHALLENGE_INVALID);
  EXPECT_TRUE(Complete(WithTotp(challenge, kRightCode)).ok());
}

TEST_F(FactorFlows, CompleteLoginListsEveryFaultAtOnceAndAsksNobody) {
  ExpectFaults(v1::CompleteLoginRequest(), {"challenge", "factor"});
  ExpectFaults(WithTotp("", "12345"), {"challenge", "totp_code"});
  ExpectFaults(WithTotp(std::string(257, 'x'), "12345a"), {"challenge", "totp_code"});
  v1::CompleteLoginRequest recovery;
  recovery.set_challenge("x");
  recovery.set_recovery_code(std::string(65, 'A'));
  ExpectFaults(recovery, {"recovery_code"});
}

TEST_F(FactorFlows, NoSecondFactorIsSkippedWhenTheUsersServiceFails) {
  const std::string challenge = Challenge();
  users_.faults.Fail("GetLoginChallenge", Down());
  EXPECT_EQ(ReasonOf(Complete(WithTotp(challenge, kRightCode))), reasons::DEPENDENCY_DOWN);
  users_.faults.Mend("GetLoginChallenge");
  users_.faults.Fail("VerifySecondFactor", Down());
  EXPECT_EQ(ReasonOf(Complete(WithTotp(challenge, kRightCode))), reasons::DEPENDENCY_DOWN);
  EXPECT_EQ(sessions_.limits.Taken("account_lock", kAda), 1) << "what nobody could tell came back";
  EXPECT_EQ(sessions_.LiveSessions(), 1u);
}

TEST_F(FactorFlows, EnrolsAndConfirms) {
  users_.Change(kAda, [](users::v1::User& user) { user.set_mfa_enabled(false); });
  v1::EnrollTotpResponse enrolled;
  ASSERT_TRUE(Call(&v1::AuthService::Stub::EnrollTotp, v1::EnrollTotpRequest(), &enrolled,
                   first_.access_token())
                  .ok());
  EXPECT_EQ(enrolled.secret(), "SECRET");
  EXPECT_EQ(enrolled.otpauth_uri(), "otpauth://totp/ada@example.org");

  v1::ConfirmTotpRequest request;
  v1::ConfirmTotpResponse confirmed;
  const auto confirm = [&](const std::string& code) {
    request.set_code(code);
    return ReasonOf(
        Call(&v1::AuthService::Stub::ConfirmTotp, request, &confirmed, first_.access_token()));
  };
  EXPECT_EQ(confirm("12 456"), reasons::INVALID_FIELD);
  EXPECT_EQ(confirm("000000"), reasons::CODE_INVALID);
  EXPECT_EQ(confirm(kRightCode), reasons::REASON_UNSPECIFIED);
  EXPECT_THAT(confirmed.recovery_codes(), ElementsAre(kRightRecoveryCode));
  EXPECT_TRUE(WhoAmI(first_.access_token()).ok()) << "the session goes on";
  EXPECT_EQ(ReasonOf(Call(&v1::AuthService::Stub::EnrollTotp, v1::EnrollTotpRequest(), &enrolled,
                          first_.access_token())),
            reasons::MFA_ALREADY_ENABLED);
}

TEST_F(FactorFlows, NobodyEnrolsWithoutAToken) {
  v1::EnrollTotpResponse enrolled;
  EXPECT_EQ(ReasonOf(Call(&v1::AuthService::Stub::EnrollTotp, v1::EnrollTotpRequest(), &enrolled)),
            reasons::TOKEN_MISSING);
}

TEST_F(FactorFlows, DisablingCountsGuessesAtThePasswordAsALoginDoes) {
  for (int i = 0; i < 5; ++i) EXPECT_EQ(ReasonOf(Disable("wrong")), reasons::INVALID_CREDENTIALS);
  EXPECT_EQ(ReasonOf(Disable(kPassword)), reasons::RATE_LIMITED);
  EXPECT_EQ(ReasonOf(TryLogin(kAda, kPassword)), reasons::RATE_LIMITED) << "of the same account";
  sessions_.limits.Lift();
  EXPECT_TRUE(Disable(kPassword).ok());
  EXPECT_EQ(ReasonOf(Disable(kPassword)), reasons::MFA_NOT_ENABLED);
  EXPECT_EQ(sessions_.limits.Taken("account_lock", kAda), 0);
  EXPECT_EQ(ReasonOf(Disable("")), reasons::INVALID_FIELD);
}

TEST_F(FactorFlows, TellsWhyTheUsersServiceHasNoSecondFactors) {
  users_.faults.Fail("EnrollTotp", errors::Make(reasons::MFA_NOT_ENABLED, "no factor-key-file"));
  v1::EnrollTotpResponse enrolled;
  const grpc::Status status = Call(&v1::AuthService::Stub::EnrollTotp, v1::EnrollTotpRequest(),
                                   &enrolled, first_.access_token());
  EXPECT_EQ(status.error_code(), grpc::StatusCode::FAILED_PRECONDITION);
  EXPECT_EQ(ReasonOf(status), reasons::MFA_NOT_ENABLED);
}

}  // namespace
}  // namespace tokenforge::auth::testing
