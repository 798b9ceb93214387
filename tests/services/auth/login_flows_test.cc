// Register and Login through the whole façade.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

#include "lib/rpc/status.h"
#include "lib/telemetry/metrics.h"
#include "lib/uuid/uuid.h"
#include "tests/fakes/details.h"
#include "tests/services/auth/facade_fixture.h"

namespace tokenforge::auth::testing {
namespace {

using ::testing::HasSubstr;
using LoginFlows = FacadeTest;

TEST_F(LoginFlows, RegisterMakesAnAccountAndLogsIn) {
  const v1::RegisterResponse answer = Register();
  EXPECT_TRUE(uuid::IsCanonical(answer.user().user_id()));
  EXPECT_EQ(answer.user().email(), "ada@example.org");
  EXPECT_EQ(answer.tokens().token_type(), "Bearer");
  EXPECT_FALSE(answer.tokens().refresh_token().empty());
  EXPECT_GT(answer.tokens().refresh_expire_time().seconds(),
            answer.tokens().access_expire_time().seconds());
  v1::WhoAmIResponse me;
  ASSERT_TRUE(WhoAmI(answer.tokens().access_token(), &me).ok());
  EXPECT_EQ(me.user().user_id(), answer.user().user_id());
  EXPECT_EQ(me.session_id(), answer.tokens().session_id());
}

TEST_F(LoginFlows, RegisterListsEveryFaultAtOnceAndAsksNobody) {
  const int before = users_.faults.AllCalls() + sessions_.faults.Calls("CreateSession");
  v1::RegisterRequest request;
  request.set_email("nobody");
  request.set_password("short");
  request.mutable_device()->set_ip_address("home");
  v1::RegisterResponse response;
  const grpc::Status status = Call(&v1::AuthService::Stub::Register, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(ReasonOf(status), reasons::INVALID_FIELD);
  EXPECT_EQ(errors::FaultsOf(rpc::FromGrpc(status)).size(), 3u);
  EXPECT_EQ(users_.faults.AllCalls() + sessions_.faults.Calls("CreateSession"), before);
}

TEST_F(LoginFlows, RegisterTellsThatAnAddressIsTaken) {
  Register();
  v1::RegisterRequest request;
  request.set_email("ada@example.org");
  request.set_password(kPassword);
  v1::RegisterResponse response;
  const grpc::Status status = Call(&v1::AuthService::Stub::Register, request, &response);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::ALREADY_EXISTS);
  EXPECT_EQ(ReasonOf(status), reasons::EMAIL_TAKEN);
  EXPECT_EQ(sessions_.LiveSessions(), 1u);
}

TEST_F(LoginFlows, RegisterHandsOnTheFieldFaultsThatOnlyUsersKnows) {
  users_.faults.Fail("CreateUser", errors::InvalidFields({{"email", "has no mail server"}}));
  v1::RegisterRequest request;
  request.set_email("ada@example.org");
  request.set_password(kPassword);
  v1::RegisterResponse response;
  const grpc::Status status = Call(&v1::AuthService::Stub::Register, request, &response);
  EXPECT_EQ(ReasonOf(status), reasons::INVALID_FIELD);
  EXPECT_EQ(errors::FaultsOf(rpc::FromGrpc(status)).at(0).field, "email");
}

TEST_F(LoginFlows, RegisterSaysToLogInWhenOnlyTheSessionFailed) {
  for (const char* method : {"CreateSession", "SignToken"}) {
    Faults& faults = method == std::string("SignToken") ? keys_.faults : sessions_.faults;
    faults.Fail(method, Down());
    const std::string email = std::string(method) + "@example.org";
    v1::RegisterRequest request;
    request.set_email(email);
    request.set_password(kPassword);
    v1::RegisterResponse response;
    const grpc::Status status = Call(&v1::AuthService::Stub::Register, request, &response);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAVAILABLE) << method;
    EXPECT_EQ(ReasonOf(status), reasons::DEPENDENCY_DOWN) << method;
    EXPECT_THAT(status.error_message(), HasSubstr("log in")) << method;
    faults.Mend(method);
    EXPECT_FALSE(Login(email).access_token().empty());
  }
}

TEST_F(LoginFlows, LoginPutsTheContractsClaimsIntoTheToken) {
  Register();
  const std::string claims = ClaimsJson(Login().access_token());
  for (const char* claim : {R"("iss":"http://127.0.0.1:7080")", R"("aud":)", R"("tokenforge")",
                            R"("client_id":"spiffe://example.org/app")", R"("roles":["user"])",
                            R"("scope":"notes.read notes.write")", R"("email":"ada@example.org")",
                            R"("amr":["pwd"])", R"("sid":")", R"("auth_time":)"}) {
    EXPECT_THAT(claims, HasSubstr(claim));
  }
}

TEST_F(LoginFlows, LoginTellsNobodyWhetherAnAccountExists) {
  Register();
  const grpc::Status wrong = TryLogin("ada@example.org", "wrong password");
  const grpc::Status unknown = TryLogin("nobody@example.org", kPassword);
  EXPECT_EQ(wrong.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(ReasonOf(wrong), reasons::INVALID_CREDENTIALS);
  EXPECT_EQ(wrong.error_code(), unknown.error_code());
  EXPECT_EQ(wrong.error_message(), unknown.error_message());
  EXPECT_EQ(fakes::DetailsOfAnyCall(wrong.error_details()),
            fakes::DetailsOfAnyCall(unknown.error_details()));
}

TEST_F(LoginFlows, LoginOfADisabledAccountSaysSoOnlyAfterARightPassword) {
  Register();
  users_.Change("ada@example.org", [](users::v1::User& user) { user.set_disabled(true); });
  EXPECT_EQ(ReasonOf(TryLogin("ada@example.org", kPassword)), reasons::ACCOUNT_DISABLED);
  EXPECT_EQ(ReasonOf(TryLogin("ada@example.org", "wrong password")), reasons::INVALID_CREDENTIALS);
}

TEST_F(LoginFlows, LoginLeavesNoSessionBehindWhenNothingCanBeSigned) {
  Register();
  keys_.faults.Fail("SignToken", Down());
  const grpc::Status status = TryLogin("ada@example.org", kPassword);
  EXPECT_EQ(ReasonOf(status), reasons::DEPENDENCY_DOWN);
  EXPECT_EQ(sessions_.LiveSessions(), 1u);  // that of the registration
}

TEST_F(LoginFlows, LoginShowsNothingOfTheServicesBehind) {
  Register();
  users_.faults.Fail("VerifyPassword", Down());
  const grpc::Status down = TryLogin("ada@example.org", kPassword);
  EXPECT_EQ(down.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_THAT(down.error_message(), ::testing::Not(HasSubstr("10.0.0.7")));
  EXPECT_TRUE(errors::RetryAfterOf(rpc::FromGrpc(down)).has_value());
  for (const errors::Reason reason :
       {reasons::NOT_FOUND, reasons::PEER_NOT_ALLOWED, reasons::EMAIL_TAKEN}) {
    users_.faults.Fail("VerifyPassword", errors::Make(reason, "inner matters"));
    const grpc::Status status = TryLogin("ada@example.org", kPassword);
    EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
    EXPECT_EQ(ReasonOf(status), reasons::INTERNAL_FAULT);
    EXPECT_THAT(status.error_message(), ::testing::Not(HasSubstr("inner")));
  }
}

TEST_F(LoginFlows, LoginHandsOnOverloadWithItsRetryDelay) {
  Register();
  users_.faults.Fail("VerifyPassword", errors::MakeRetryable(reasons::OVERLOADED, "busy",
                                                             std::chrono::milliseconds(700)));
  const grpc::Status status = TryLogin("ada@example.org", kPassword);
  EXPECT_EQ(status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(ReasonOf(status), reasons::OVERLOADED);
  EXPECT_EQ(errors::RetryAfterOf(rpc::FromGrpc(status)), std::chrono::milliseconds(700));
}

TEST_F(LoginFlows, LoginEndsWithItsCallersDeadline) {
  Register();
  users_.faults.Hang("VerifyPassword");  // until its caller gives up: the façade must
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::milliseconds(300));
  v1::LoginRequest request;
  request.set_email("ada@example.org");
  request.set_password(kPassword);
  v1::LoginResponse response;
  EXPECT_EQ(auth_->Login(&context, request, &response).error_code(),
            grpc::StatusCode::DEADLINE_EXCEEDED);
  users_.faults.Mend("VerifyPassword");
}

TEST_F(LoginFlows, SessionsKnowTheDeviceAndTheAddressOfTheirPeer) {
  v1::RegisterRequest request;
  request.set_email("ada@example.org");
  request.set_password(kPassword);
  request.mutable_device()->set_name("phone");
  v1::RegisterResponse response;
  ASSERT_TRUE(Call(&v1::AuthService::Stub::Register, request, &response).ok());
  const sessions::v1::Session session = sessions_.OnlySession();
  EXPECT_EQ(session.device().name(), "phone");
  EXPECT_EQ(session.device().ip_address(), "127.0.0.1");
  EXPECT_EQ(session.client_id(), "spiffe://example.org/app");
}

TEST_F(LoginFlows, SessionsTakeTheAddressThatAGatewayPasses) {
  v1::RegisterRequest request;
  request.set_email("ada@example.org");
  request.set_password(kPassword);
  request.mutable_device()->set_ip_address("2001:db8::1");
  v1::RegisterResponse response;
  ASSERT_TRUE(Call(&v1::AuthService::Stub::Register, request, &response).ok());
  EXPECT_EQ(sessions_.OnlySession().device().ip_address(), "2001:db8::1");
}

TEST_F(LoginFlows, CountsHowLoginsAndRefreshesEnd) {
  const v1::Tokens tokens = Register().tokens();
  Login();
  TryLogin("ada@example.org", "wrong password");
  TryRefresh(tokens.refresh_token());
  TryRefresh("rubbish");
  const std::string metrics = telemetry::ExposeText();
  for (const char* line : {R"(tokenforge_logins_total{result="ok"})",
                           R"(tokenforge_logins_total{result="invalid_credentials"})",
                           R"(tokenforge_refreshes_total{result="ok"})",
                           R"(tokenforge_refreshes_total{result="refresh_token_invalid"})"}) {
    EXPECT_THAT(metrics, HasSubstr(line));
  }
}

}  // namespace
}  // namespace tokenforge::auth::testing
