// Administration and imports on the wire of the users service.
#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "lib/rpc/status.h"
#include "lib/uuid/uuid.h"
#include "services/users/audit_store_sql.h"
#include "services/users/directory_store_sql.h"
#include "services/users/factor_parts.h"
#include "services/users/import_store_sql.h"
#include "services/users/token_store_sql.h"
#include "services/users/user_service.h"
#include "tests/fakes/fake_clock.h"
#include "tests/services/users/sqlite_accounts.h"

namespace tokenforge::users {
namespace {

using errors::ReasonOf;
using testing::ElementsAre;
using testing::SizeIs;
namespace reasons = errors::reasons;

constexpr const char* kHash = "$2b$04$LFppNoENbCtStCmJL3tjEOdvOqfMRQSCAVbtwvwFA45Kb3gqiS3k2";

class UserServiceDirectoryTest : public testing::Test {
 protected:
  using Stub = v1::UserService::Stub;

  UserServiceDirectoryTest() {
    grpc::ServerBuilder builder;
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = v1::UserService::NewStub(server_->InProcessChannel(grpc::ChannelArguments()));
  }
  ~UserServiceDirectoryTest() override {
    server_->Shutdown();
    server_->Wait();
  }

  template <class Request, class Response>
  absl::Status Call(grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Response*),
                    const Request& request, Response* response) {
    grpc::ClientContext context;
    Prepare(context);
    const grpc::Status status = (stub_.get()->*method)(&context, request, response);
    return status.ok() ? absl::OkStatus() : rpc::FromGrpc(status);
  }
  static void Prepare(grpc::ClientContext& context) {
    context.set_deadline(std::chrono::system_clock::now() + std::chrono::minutes(1));
  }
  static v1::ImportUsersRequest Row(const std::string& email) {
    v1::ImportUsersRequest row;
    row.mutable_user()->set_user_id(uuid::NewId());
    row.mutable_user()->set_email(email);
    row.mutable_user()->add_roles("user");
    row.set_password_hash(kHash);
    return row;
  }
  v1::ImportUsersResponse Import(const std::vector<v1::ImportUsersRequest>& rows) {
    grpc::ClientContext context;
    Prepare(context);
    v1::ImportUsersResponse response;
    const auto writer = stub_->ImportUsers(&context, &response);
    for (const v1::ImportUsersRequest& row : rows) EXPECT_TRUE(writer->Write(row));
    writer->WritesDone();
    const grpc::Status status = writer->Finish();
    EXPECT_TRUE(status.ok()) << status.error_message();
    return response;
  }
  v1::ListUsersResponse List(const std::string& prefix) {
    v1::ListUsersRequest request;
    request.set_email_prefix(prefix);
    v1::ListUsersResponse page;
    EXPECT_TRUE(Call(&Stub::ListUsers, request, &page).ok());
    return page;
  }

  fakes::FakeClock clock_;
  SqliteAccounts sqlite_;
  PasswordHasher hasher_{PasswordHasher::kMinCost};
  HashQueue hashing_{hasher_, {.name = "hash", .threads = 1, .queue = 8}};
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
};

TEST_F(UserServiceDirectoryTest, ImportsMoreThanABatchAndListsItInPages) {
  std::vector<v1::ImportUsersRequest> rows;
  for (int i = 0; i < 1201; ++i) rows.push_back(Row("u" + std::to_string(i) + "@example.org"));
  rows[600].mutable_user()->set_email("u0@example.org");
  rows[1100].set_password_hash("");
  rows[1200].mutable_user()->mutable_create_time()->set_seconds(1'000'000'000'000'000);
  const v1::ImportUsersResponse response = Import(rows);
  EXPECT_EQ(response.imported(), 1198);
  EXPECT_EQ(response.refused(), 3);
  ASSERT_EQ(response.faults_size(), 3);
  EXPECT_EQ(response.faults(0).row(), 601);
  EXPECT_EQ(response.faults(0).reason(), "EMAIL_TAKEN");
  EXPECT_EQ(response.faults(1).row(), 1101);
  EXPECT_EQ(response.faults(2).row(), 1201);
  EXPECT_EQ(List("u").users_size(), 100);
  EXPECT_EQ(Import({rows[0], rows[1]}).present(), 2);
  EXPECT_EQ(Import({}).imported(), 0);
}

TEST_F(UserServiceDirectoryTest, AnImportThatBreaksOffKeepsItsWholeBatches) {
  grpc::ClientContext context;
  Prepare(context);
  v1::ImportUsersResponse response;
  const auto writer = stub_->ImportUsers(&context, &response);
  for (int i = 0; i < 700; ++i) {
    ASSERT_TRUE(writer->Write(Row("u" + std::to_string(1000 + i) + "@example.org")));
  }
  while (List("u149").users_size() < 10) std::this_thread::yield();
  context.TryCancel();
  EXPECT_FALSE(writer->Finish().ok());
  server_->Shutdown();  // returns when the handler has
  server_->Wait();
  Directory& directory = directory_;
  const auto page =
      Wait(directory.List(InAMinute(), {.page_size = 1000, .page_token = "", .email_prefix = "u"}));
  EXPECT_THAT(page->accounts, SizeIs(kImportBatch));
}

TEST_F(UserServiceDirectoryTest, ChangesOneAccount) {
  v1::ImportUsersRequest row = Row("ann@example.org");
  Import({row});
  const std::string id = row.user().user_id();
  v1::UpdateUserRequest update;
  v1::UpdateUserResponse updated;
  update.set_user_id(id);
  update.set_given_name("Ann");
  update.mutable_update_mask()->add_paths("email");
  EXPECT_EQ(ReasonOf(Call(&Stub::UpdateUser, update, &updated)), reasons::INVALID_FIELD);
  update.mutable_update_mask()->set_paths(0, "given_name");
  ASSERT_TRUE(Call(&Stub::UpdateUser, update, &updated).ok());
  EXPECT_EQ(updated.user().given_name(), "Ann");

  v1::SetRolesRequest roles;
  v1::SetRolesResponse granted;
  roles.set_user_id(id);
  roles.add_roles("b");
  roles.add_roles("a");
  roles.set_end_sessions(true);
  ASSERT_TRUE(Call(&Stub::SetRoles, roles, &granted).ok());
  EXPECT_THAT(granted.user().roles(), ElementsAre("a", "b"));
  EXPECT_TRUE(granted.user().has_sessions_valid_from());

  v1::SetDisabledRequest disable;
  v1::SetDisabledResponse disabled;
  disable.set_user_id(id);
  disable.set_disabled(true);
  ASSERT_TRUE(Call(&Stub::SetDisabled, disable, &disabled).ok());
  EXPECT_TRUE(disabled.user().disabled());

  v1::UnlockRequest unlock;
  v1::UnlockResponse unlocked;
  unlock.set_user_id(id);
  EXPECT_TRUE(Call(&Stub::Unlock, unlock, &unlocked).ok());

  v1::DeleteUserRequest remove;
  v1::DeleteUserResponse removed;
  remove.set_user_id(id);
  EXPECT_TRUE(Call(&Stub::DeleteUser, remove, &removed).ok());
  EXPECT_TRUE(Call(&Stub::DeleteUser, remove, &removed).ok());
  EXPECT_EQ(ReasonOf(Call(&Stub::Unlock, unlock, &unlocked)), reasons::NOT_FOUND);
  EXPECT_EQ(Import({row}).refused(), 1) << "its ID is never used again";
}

}  // namespace
}  // namespace tokenforge::users
