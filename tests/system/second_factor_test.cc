// A login in two steps through four real processes, as a person with an authenticator app sees it.
#include <gtest/gtest.h>

#include <chrono>
#include <fstream>
#include <sstream>
#include <string>

#include "lib/errors/errors.h"
#include "lib/rpc/status.h"
#include "tests/system/authenticator_app.h"
#include "tests/system/facade_client.h"
#include "tests/system/suite.h"

namespace tokenforge::systemtest {
namespace {

using Stub = auth::v1::AuthService::Stub;

class SecondFactor : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    suite_.Start();
    client_ = std::make_unique<FacadeClient>(suite_.Connect("auth"));
    const auto registered = client_->Register(email_, kPassword);
    ASSERT_TRUE(registered.ok()) << registered.status();
    token_ = registered->tokens().access_token();
  }

  template <class Request, class Response>
  absl::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response, const std::string& token = "") {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
    if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
    const grpc::Status status = (client_->stub().*method)(&context, request, response);
    return status.ok() ? absl::OkStatus() : rpc::FromGrpc(status, "auth");
  }

  auth::v1::EnrollTotpResponse Enroll() {
    auth::v1::EnrollTotpResponse enrolled;
    const absl::Status done =
        Call(&Stub::EnrollTotp, auth::v1::EnrollTotpRequest(), &enrolled, token_);
    EXPECT_TRUE(done.ok()) << done;
    return enrolled;
  }
  absl::Status Confirm(const std::string& code) {
    auth::v1::ConfirmTotpRequest request;
    request.set_code(code);
    return Call(&Stub::ConfirmTotp, request, &confirmed_, token_);
  }
  std::string Challenge() {
    const auto login = client_->Login(email_, kPassword);
    EXPECT_TRUE(login.ok()) << login.status();
    EXPECT_TRUE(login->has_mfa_challenge());
    return login->mfa_challenge().challenge();
  }
  std::string Complete(const std::string& challenge, const std::string& code,
                       bool recovery = false) {
    auth::v1::CompleteLoginRequest request;
    request.set_challenge(challenge);
    if (recovery) {
      request.set_recovery_code(code);
    } else {
      request.set_totp_code(code);
    }
    return ReasonName(Call(&Stub::CompleteLogin, request, &completed_));
  }

  const std::string email_ = FreshEmail();
  Suite suite_{SuiteOptions{.postgres = GetParam(), .flags = {}}};
  std::unique_ptr<FacadeClient> client_;
  std::string token_;
  auth::v1::ConfirmTotpResponse confirmed_;
  auth::v1::CompleteLoginResponse completed_;
};

INSTANTIATE_TEST_SUITE_P(Databases, SecondFactor, testing::Values(false, true),
                         [](const auto& which) { return which.param ? "PostgreSql" : "Sqlite"; });

TEST_P(SecondFactor, EnrolsLogsInInTwoStepsAndIsRemoved) {
  AuthenticatorApp app(Enroll().secret());
  ASSERT_EQ(ReasonName(Confirm(app.WrongCode())), "CODE_INVALID");
  ASSERT_EQ(ReasonName(Confirm(app.FreshCode())), "OK");
  ASSERT_EQ(confirmed_.recovery_codes_size(), 10);

  const std::string challenge = Challenge();
  const std::string code = app.FreshCode();
  ASSERT_EQ(Complete(challenge, code), "OK");
  EXPECT_EQ(completed_.user().email(), email_);
  EXPECT_TRUE(completed_.user().mfa_enabled());
  EXPECT_TRUE(client_->WhoAmI(completed_.tokens().access_token()).ok());
  EXPECT_TRUE(client_->Refresh(completed_.tokens().refresh_token()).ok());
  EXPECT_EQ(Complete(challenge, app.FreshCode()), "CHALLENGE_INVALID") << "it was used";
  EXPECT_EQ(Complete(Challenge(), code), "CODE_INVALID") << "a code is worth one login";

  const std::string recovery = confirmed_.recovery_codes(3);
  EXPECT_EQ(Complete(Challenge(), recovery, true), "OK");
  EXPECT_EQ(Complete(Challenge(), recovery, true), "CODE_INVALID");

  auth::v1::DisableTotpRequest disable;
  auth::v1::DisableTotpResponse disabled;
  disable.set_password("not the password");
  EXPECT_EQ(ReasonName(Call(&Stub::DisableTotp, disable, &disabled, token_)),
            "INVALID_CREDENTIALS");
  disable.set_password(kPassword);
  EXPECT_EQ(ReasonName(Call(&Stub::DisableTotp, disable, &disabled, token_)), "OK");
  const auto login = client_->Login(email_, kPassword);
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_TRUE(login->has_tokens());
}

TEST_P(SecondFactor, SixthGuessIsRefusedAlsoWhenItIsRight) {
  AuthenticatorApp app(Enroll().secret());
  ASSERT_EQ(ReasonName(Confirm(app.FreshCode())), "OK");
  const std::string challenge = Challenge();
  for (int i = 0; i < 5; ++i) EXPECT_EQ(Complete(challenge, app.WrongCode()), "CODE_INVALID");
  EXPECT_EQ(Complete(challenge, app.FreshCode()), "RATE_LIMITED");
}

TEST_P(SecondFactor, NothingOfItIsInALog) {
  const auth::v1::EnrollTotpResponse enrolled = Enroll();
  AuthenticatorApp app(enrolled.secret());
  ASSERT_EQ(ReasonName(Confirm(app.FreshCode())), "OK");
  const std::string challenge = Challenge();
  ASSERT_EQ(Complete(challenge, confirmed_.recovery_codes(0), true), "OK");
  for (const char* service : {"auth", "users", "sessions", "keys"}) {
    std::ifstream file(suite_.log(service));
    std::ostringstream log;
    log << file.rdbuf();
    EXPECT_FALSE(log.str().empty());
    for (const std::string& secret : {enrolled.secret(), challenge, confirmed_.recovery_codes(0)}) {
      EXPECT_EQ(log.str().find(secret), std::string::npos) << service;
    }
  }
}

}  // namespace
}  // namespace tokenforge::systemtest
