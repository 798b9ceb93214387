// A login in two steps over a real gRPC server and channel in this process.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <string>

#include "lib/rpc/status.h"
#include "services/users/audit_store_sql.h"
#include "services/users/directory_store_sql.h"
#include "services/users/import_store_sql.h"
#include "services/users/token_store_sql.h"
#include "services/users/user_service.h"
#include "tests/services/users/factor_fixture.h"

namespace tokenforge::users {
namespace {

using Stub = v1::UserService::Stub;

class UserServiceFactors : public FactorTest {
 protected:
  UserServiceFactors() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::UserService::NewStub(server_->InProcessChannel(grpc::ChannelArguments()));
  }
  ~UserServiceFactors() override {
    server_->Shutdown();
    server_->Wait();
  }

  template <class Request, class Response>
  absl::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
    const grpc::Status status = (stub_.get()->*method)(&context, request, response);
    return status.ok() ? absl::OkStatus() : rpc::FromGrpc(status);
  }
  static void SetOrigin(v1::Origin* origin) {
    origin->set_client_id(kApp.client_id);
    origin->set_device_name(kApp.device_name);
    origin->set_user_agent(kApp.user_agent);
    origin->set_ip_address(kApp.ip_address);
  }
  v1::VerifyPasswordResponse Login() {
    v1::VerifyPasswordRequest request;
    request.set_email("ada@example.org");
    request.set_password(kPassword);
    request.set_device_ip_address("198.51.100.7");
    SetOrigin(request.mutable_origin());
    v1::VerifyPasswordResponse response;
    const absl::Status status = Call(&Stub::VerifyPassword, request, &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }

  PasswordPolicy passwords_;
  Accounts rules_{accounts_.store(), hashing_, passwords_, clock_};
  AuditStoreSql audit_store_{accounts_.database()};
  AuditLog audit_{audit_store_, accounts_.store(), clock_};
  DirectoryStoreSql directory_store_{accounts_.database()};
  Directory directory_{accounts_.store(), directory_store_, clock_};
  ImportStoreSql import_store_{accounts_.database()};
  AccountImport import_{import_store_, clock_};
  TokenStoreSql tokens_{accounts_.database()};
  Passwords setting_{accounts_.store(), tokens_, hashing_, passwords_, clock_};
  UserService service_{{rules_, audit_, directory_, import_, factors_, login_, setting_}};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Stub> stub_;
};

TEST_F(UserServiceFactors, GivesAChallengeOnlyToThoseWhoHaveASecondFactor) {
  EXPECT_TRUE(Login().challenge().empty());
  EnableFactor();
  const v1::VerifyPasswordResponse login = Login();
  EXPECT_TRUE(login.user().mfa_enabled());
  EXPECT_FALSE(login.challenge().empty());
  EXPECT_EQ(login.challenge_expire_time().seconds(),
            std::chrono::duration_cast<std::chrono::seconds>(clock_.Now().time_since_epoch() +
                                                             std::chrono::minutes(5))
                .count());
}

TEST_F(UserServiceFactors, EnrolsConfirmsLogsInAndDisables) {
  v1::EnrollTotpRequest enroll;
  enroll.set_user_id(kAda);
  v1::EnrollTotpResponse enrolled;
  ASSERT_TRUE(Call(&Stub::EnrollTotp, enroll, &enrolled).ok());
  const Secret secret = FromBase32(enrolled.secret());
  v1::ConfirmTotpRequest confirm;
  confirm.set_user_id(kAda);
  confirm.set_code(CodeNow(secret));
  v1::ConfirmTotpResponse confirmed;
  ASSERT_TRUE(Call(&Stub::ConfirmTotp, confirm, &confirmed).ok());
  EXPECT_EQ(confirmed.recovery_codes_size(), 10);

  const std::string challenge = Login().challenge();
  v1::GetLoginChallengeRequest whose;
  whose.set_challenge(challenge);
  v1::GetLoginChallengeResponse adas;
  ASSERT_TRUE(Call(&Stub::GetLoginChallenge, whose, &adas).ok());
  EXPECT_EQ(adas.user().user_id(), kAda);

  v1::VerifySecondFactorRequest verify;
  verify.set_user_id(kAda);
  verify.set_challenge(challenge);
  SetOrigin(verify.mutable_origin());
  v1::VerifySecondFactorResponse verified;
  EXPECT_EQ(ReasonOf(Call(&Stub::VerifySecondFactor, verify, &verified)), reasons::INVALID_FIELD);
  verify.set_totp_code(CodeNow(secret));
  EXPECT_EQ(ReasonOf(Call(&Stub::VerifySecondFactor, verify, &verified)), reasons::CODE_INVALID)
      << "it confirmed the enrolment";
  verify.set_recovery_code(confirmed.recovery_codes(9));
  ASSERT_TRUE(Call(&Stub::VerifySecondFactor, verify, &verified).ok());
  EXPECT_EQ(verified.user().user_id(), kAda);
  EXPECT_EQ(verified.device_name(), kApp.device_name);
  EXPECT_EQ(verified.user_agent(), kApp.user_agent);
  EXPECT_EQ(verified.device_ip_address(), "198.51.100.7");

  v1::DisableTotpRequest disable;
  disable.set_user_id(kAda);
  disable.set_password(kPassword);
  v1::DisableTotpResponse disabled;
  ASSERT_TRUE(Call(&Stub::DisableTotp, disable, &disabled).ok());
  EXPECT_TRUE(Login().challenge().empty());
}

}  // namespace
}  // namespace tokenforge::users
