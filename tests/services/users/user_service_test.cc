#include "services/users/user_service.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <string>

#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "lib/rpc/status.h"
#include "services/users/audit_store_sql.h"
#include "services/users/directory_store_sql.h"
#include "services/users/factor_parts.h"
#include "services/users/import_store_sql.h"
#include "services/users/token_store_sql.h"
#include "tests/fakes/fake_clock.h"
#include "tests/services/users/sqlite_accounts.h"

namespace tokenforge::users {
namespace {

using errors::ReasonOf;

constexpr const char* kId = "0191f3a2-7c4b-7d11-8a3e-52c0de9f1b77";

// The edge over a real gRPC server and channel in this process, with an in-memory store behind it.
class UserServiceTest : public testing::Test {
 protected:
  UserServiceTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::UserService::NewStub(server_->InProcessChannel(grpc::ChannelArguments()));
  }
  ~UserServiceTest() override {
    server_->Shutdown();
    server_->Wait();
  }

  using Stub = v1::UserService::Stub;
  template <class Request, class Response>
  absl::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
    const grpc::Status status = (stub_.get()->*method)(&context, request, response);
    return status.ok() ? absl::OkStatus() : rpc::FromGrpc(status);
  }

  static v1::CreateUserRequest Ann() {
    v1::CreateUserRequest request;
    request.set_user_id(kId);
    request.set_email("Ann@Example.org");
    request.set_password("correct horse");
    request.set_given_name("Ann");
    request.set_family_name("O'Neill");
    return request;
  }
  absl::Status Create(const v1::CreateUserRequest& request) {
    return Call(&Stub::CreateUser, request, &created_);
  }
  absl::Status Verify(const std::string& email, const std::string& password) {
    v1::VerifyPasswordRequest request;
    request.set_email(email);
    request.set_password(password);
    return Call(&Stub::VerifyPassword, request, &verified_);
  }

  fakes::FakeClock clock_;
  SqliteAccounts sqlite_;
  PasswordHasher hasher_{PasswordHasher::kMinCost};
  HashQueue hashing_{hasher_, {.name = "hash", .threads = 2, .queue = 8}};
  PasswordPolicy passwords_;
  Accounts accounts_{sqlite_.store(), hashing_, passwords_, clock_};
  AuditStoreSql audit_store_{sqlite_.database()};
  AuditLog audit_{audit_store_, sqlite_.store(), clock_};
  DirectoryStoreSql directory_store_{sqlite_.database()};
  Directory directory_{sqlite_.store(), directory_store_, clock_};
  ImportStoreSql import_store_{sqlite_.database()};
  AccountImport import_{import_store_, clock_};
  FactorParts factors_{sqlite_.database(), hashing_, std::nullopt, "TokenForge", clock_};
  TokenStoreSql tokens_{sqlite_.database()};
  Passwords setting_{sqlite_.store(), tokens_, hashing_, passwords_, clock_};
  UserService service_{
      {accounts_, audit_, directory_, import_, factors_.factors(), factors_.login(), setting_}};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<Stub> stub_;
  v1::CreateUserResponse created_;
  v1::VerifyPasswordResponse verified_;
};

TEST_F(UserServiceTest, CreatesVerifiesAndFindsAnAccount) {
  ASSERT_TRUE(Create(Ann()).ok());
  const v1::User& user = created_.user();
  EXPECT_EQ(user.user_id(), kId);
  EXPECT_EQ(user.email(), "ann@example.org");
  EXPECT_EQ(user.given_name(), "Ann");
  EXPECT_EQ(user.family_name(), "O'Neill");
  EXPECT_FALSE(user.email_verified());
  EXPECT_FALSE(user.disabled());
  EXPECT_FALSE(user.mfa_enabled());
  EXPECT_EQ(user.create_time().seconds(), 1'800'000'000);
  EXPECT_EQ(user.update_time().seconds(), 1'800'000'000);

  ASSERT_TRUE(Verify("ANN@example.org", "correct horse").ok());
  EXPECT_EQ(verified_.user().SerializeAsString(), user.SerializeAsString());

  v1::GetUserRequest by_id;
  by_id.set_user_id(kId);
  v1::GetUserResponse found;
  ASSERT_TRUE(Call(&Stub::GetUser, by_id, &found).ok());
  EXPECT_EQ(found.user().SerializeAsString(), user.SerializeAsString());

  v1::GetUserByEmailRequest by_email;
  by_email.set_email("ann@EXAMPLE.org");
  v1::GetUserByEmailResponse found_too;
  ASSERT_TRUE(Call(&Stub::GetUserByEmail, by_email, &found_too).ok());
  EXPECT_EQ(found_too.user().SerializeAsString(), user.SerializeAsString());
}

TEST_F(UserServiceTest, SendsEveryFaultOfARegistration) {
  v1::CreateUserRequest request = Ann();
  request.set_email("ann");
  request.set_password("short");
  request.set_given_name(std::string("A\0n", 3));
  const absl::Status status = Create(request);
  EXPECT_EQ(ReasonOf(status), errors::reasons::INVALID_FIELD);
  EXPECT_EQ(errors::FaultsOf(status).size(), 4u);
}

TEST_F(UserServiceTest, SendsTheReasonOfEachRefusal) {
  ASSERT_TRUE(Create(Ann()).ok());
  v1::CreateUserRequest other = Ann();
  other.set_user_id("0191f3a2-7c4b-7d11-8a3e-52c0de9f1b78");
  EXPECT_EQ(ReasonOf(Create(other)), errors::reasons::EMAIL_TAKEN);
  other.set_email("bob@example.org");
  other.set_password("short");
  EXPECT_EQ(ReasonOf(Create(other)), errors::reasons::WEAK_PASSWORD);
  EXPECT_EQ(ReasonOf(Verify("ann@example.org", "wrong")), errors::reasons::INVALID_CREDENTIALS);
  EXPECT_EQ(ReasonOf(Verify("bob@example.org", "wrong")), errors::reasons::INVALID_CREDENTIALS);
  sqlite_.SetDisabled(kId, true);
  EXPECT_EQ(ReasonOf(Verify("ann@example.org", "correct horse")),
            errors::reasons::ACCOUNT_DISABLED);

  v1::GetUserRequest by_id;
  by_id.set_user_id("0191f3a2-7c4b-7d11-8a3e-52c0de9f1b78");
  v1::GetUserResponse found;
  EXPECT_EQ(ReasonOf(Call(&Stub::GetUser, by_id, &found)), errors::reasons::NOT_FOUND);
}

TEST_F(UserServiceTest, RecordsAndListsAuditEvents) {
  ASSERT_TRUE(Create(Ann()).ok());
  v1::RecordAuditEventRequest record;
  record.mutable_event()->set_kind("session.revoked");
  record.mutable_event()->set_user_id(kId);
  const auto now = std::chrono::floor<std::chrono::seconds>(clock_.Now());
  record.mutable_event()->mutable_event_time()->set_seconds(now.time_since_epoch().count());
  record.mutable_event()->mutable_event_time()->set_nanos(123'456'789);
  (*record.mutable_event()->mutable_attributes())["sid"] = "1";
  v1::RecordAuditEventResponse recorded;
  ASSERT_TRUE(Call(&Stub::RecordAuditEvent, record, &recorded).ok());
  EXPECT_EQ(recorded.sequence(), 2);

  v1::ListAuditEventsRequest list;
  list.set_after_sequence(0);
  v1::ListAuditEventsResponse all;
  ASSERT_TRUE(Call(&Stub::ListAuditEvents, list, &all).ok());
  ASSERT_EQ(all.events_size(), 2);
  EXPECT_EQ(all.events(0).kind(), "account.created");
  EXPECT_EQ(all.events(1).kind(), "session.revoked");
  EXPECT_EQ(all.events(1).event_time().nanos(), 123'456'000);
  EXPECT_EQ(all.events(1).attributes().at("sid"), "1");
  EXPECT_EQ(all.events(1).hash().size(), 32u);

  v1::ListAuditEventsRequest of_ann;
  of_ann.set_user_id(kId);
  of_ann.set_kind("session.revoked");
  of_ann.mutable_since()->set_seconds(-62'135'596'800);  // the year 1
  of_ann.mutable_until()->set_seconds(253'402'300'799);  // the end of the year 9999
  v1::ListAuditEventsResponse found;
  ASSERT_TRUE(Call(&Stub::ListAuditEvents, of_ann, &found).ok());
  EXPECT_EQ(found.events_size(), 1);

  record.mutable_event()->set_sequence(7);
  record.mutable_event()->mutable_event_time()->set_nanos(-1);
  EXPECT_EQ(ReasonOf(Call(&Stub::RecordAuditEvent, record, &recorded)),
            errors::reasons::INVALID_FIELD);
  record.mutable_event()->mutable_event_time()->set_nanos(0);
  record.mutable_event()->mutable_event_time()->set_seconds(253'402'300'799);
  EXPECT_EQ(ReasonOf(Call(&Stub::RecordAuditEvent, record, &recorded)),
            errors::reasons::INVALID_FIELD);
  of_ann.mutable_until()->set_seconds(253'402'300'800);
  EXPECT_EQ(ReasonOf(Call(&Stub::ListAuditEvents, of_ann, &found)), errors::reasons::INVALID_FIELD);
}

TEST_F(UserServiceTest, NeverSendsAPasswordOrAHashBack) {
  ASSERT_TRUE(Create(Ann()).ok());
  ASSERT_TRUE(Verify("ann@example.org", "correct horse").ok());
  for (const std::string& answer : {created_.DebugString(), verified_.DebugString()}) {
    EXPECT_EQ(answer.find("correct horse"), std::string::npos);
    EXPECT_EQ(answer.find("$2b$"), std::string::npos);
  }
  v1::CreateUserRequest bad = Ann();
  bad.set_password("MARK");
  EXPECT_EQ(Create(bad).ToString().find("MARK"), std::string::npos);
}

TEST_F(UserServiceTest, SaysThatItHasNoSecondFactorsWithoutKeysForThem) {
  v1::EnrollTotpRequest request;
  request.set_user_id(kId);
  v1::EnrollTotpResponse response;
  const absl::Status refused = Call(&Stub::EnrollTotp, request, &response);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_EQ(ReasonOf(refused), errors::reasons::MFA_NOT_ENABLED);
}

}  // namespace
}  // namespace tokenforge::users
