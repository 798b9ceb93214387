// Administrators and accounts, through the whole façade.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/rpc/status.h"
#include "lib/uuid/uuid.h"
#include "tests/services/auth/facade_fixture.h"
#include "tokenforge/auth/v1/admin.grpc.pb.h"

namespace tokenforge::auth::testing {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using Admin = v1::AdminService::Stub;

constexpr const char* kBob = "bob@example.org";

class AdminUsersTest : public FacadeTest {
 protected:
  AdminUsersTest() : admin_(v1::AdminService::NewStub(ChannelAs("console"))) {
    ada_ = Register().user().user_id();
    users_.Change("ada@example.org", [](users::v1::User& user) { user.add_roles("admin"); });
    token_ = Login().access_token();
    bob_ = Register(kBob).user().user_id();
    bobs_ = Login(kBob);
  }

  template <class Request, class Response>
  grpc::Status Ask(grpc::Status (Admin::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response* response) {
    grpc::ClientContext context;
    Prepare(context, token_);
    return ((*admin_).*method)(&context, request, response);
  }
  template <class Request, class Response>
  grpc::Status AskAbout(grpc::Status (Admin::*method)(grpc::ClientContext*, const Request&,
                                                      Response*),
                        const std::string& user_id) {
    Request request;
    request.set_user_id(user_id);
    Response response;
    return Ask(method, request, &response);
  }
  // What was told since the last time, without who did it: that must be the administrator.
  std::vector<std::string> NewlyTold() {
    std::vector<std::string> news;
    const std::vector<std::string> told = users_.Told();
    for (; seen_ < told.size(); ++seen_) {
      std::string one = told[seen_];
      const std::size_t actor = one.find(" " + ada_ + " ");
      news.push_back(actor == std::string::npos ? one : one.erase(actor, ada_.size() + 1));
    }
    return news;
  }
  bool BobIsIn() { return WhoAmI(bobs_.access_token()).ok(); }

  std::unique_ptr<Admin> admin_;
  std::string ada_, bob_, token_;
  v1::Tokens bobs_;
  std::size_t seen_ = 0;
};

TEST_F(AdminUsersTest, RefusesWhoeverIsNoAdministrator) {
  token_ = bobs_.access_token();
  const auto refused = [](const grpc::Status& status) {
    return ReasonOf(status) == reasons::ROLE_REQUIRED;
  };
  const int before = users_.faults.AllCalls();
  EXPECT_TRUE(refused(AskAbout(&Admin::GetUser, ada_)));
  EXPECT_TRUE(refused(AskAbout(&Admin::SetUserRoles, bob_)));
  EXPECT_TRUE(refused(AskAbout(&Admin::DeleteUser, ada_)));
  v1::ListUsersResponse page;
  EXPECT_TRUE(refused(Ask(&Admin::ListUsers, {}, &page)));
  EXPECT_EQ(users_.faults.AllCalls(), before);
}

TEST_F(AdminUsersTest, ShowsAnAccountByIdAndByEmailAndRecordsWhoLooked) {
  v1::GetUserRequest request;
  v1::GetUserResponse by_id, by_email;
  request.set_user_id(bob_);
  ASSERT_TRUE(Ask(&Admin::GetUser, request, &by_id).ok());
  request.set_email(kBob);
  ASSERT_TRUE(Ask(&Admin::GetUser, request, &by_email).ok());
  EXPECT_EQ(by_id.user().email(), kBob);
  EXPECT_THAT(by_id.user().scopes(), ElementsAre("notes.read", "notes.write"));
  EXPECT_EQ(by_id.SerializeAsString(), by_email.SerializeAsString());
  EXPECT_THAT(NewlyTold(), ElementsAre("admin.read " + bob_, "admin.read " + bob_));
  EXPECT_EQ(ReasonOf(AskAbout(&Admin::GetUser, uuid::NewId())), reasons::NOT_FOUND);
  request.clear_who();
  EXPECT_EQ(ReasonOf(Ask(&Admin::GetUser, request, &by_id)), reasons::INVALID_FIELD);
}

TEST_F(AdminUsersTest, TellsNothingThatCannotBeRecorded) {
  users_.faults.Fail("RecordAuditEvent", Down());
  v1::ListUsersResponse page;
  EXPECT_EQ(ReasonOf(Ask(&Admin::ListUsers, {}, &page)), reasons::DEPENDENCY_DOWN);
  EXPECT_EQ(page.users_size(), 0);
  EXPECT_EQ(ReasonOf(AskAbout(&Admin::GetUser, bob_)), reasons::DEPENDENCY_DOWN);
}

TEST_F(AdminUsersTest, ListsAccountsAndHandsThePlaceOn) {
  v1::ListUsersRequest request;
  request.set_email_prefix("b");
  request.set_page_token("x");
  v1::ListUsersResponse page;
  ASSERT_TRUE(Ask(&Admin::ListUsers, request, &page).ok());
  ASSERT_EQ(page.users_size(), 1);
  EXPECT_EQ(page.users(0).user_id(), bob_);
  EXPECT_EQ(page.next_page_token(), "x+");
  EXPECT_THAT(NewlyTold(), ElementsAre("admin.read "));
}

TEST_F(AdminUsersTest, RolesReachTheNextTokenAndPresentOnesGoOn) {
  v1::SetUserRolesRequest request;
  request.set_user_id(bob_);
  request.add_roles("auditor");
  v1::SetUserRolesResponse response;
  ASSERT_TRUE(Ask(&Admin::SetUserRoles, request, &response).ok());
  EXPECT_THAT(response.user().roles(), ElementsAre("auditor"));
  EXPECT_THAT(NewlyTold(), ElementsAre("account.roles_changed " + bob_));
  EXPECT_TRUE(BobIsIn());
  v1::Tokens tokens;
  ASSERT_TRUE(TryRefresh(bobs_.refresh_token(), &tokens).ok());
  EXPECT_THAT(ClaimsJson(tokens.access_token()), HasSubstr(R"("roles":["auditor"])"));
}

TEST_F(AdminUsersTest, EndsSessionsAtOnceWithNewRolesWhenAsked) {
  SilenceFeed();
  v1::SetUserRolesRequest request;
  request.set_user_id(bob_);
  request.set_end_sessions(true);
  v1::SetUserRolesResponse response;
  ASSERT_TRUE(Ask(&Admin::SetUserRoles, request, &response).ok());
  EXPECT_EQ(ReasonOf(WhoAmI(bobs_.access_token())), reasons::TOKEN_REVOKED);
  EXPECT_EQ(ReasonOf(TryRefresh(bobs_.refresh_token())), reasons::SESSION_ENDED);
}

TEST_F(AdminUsersTest, DisablingEndsSessionsAtOnceAndEnablingBringsNoneBack) {
  SilenceFeed();
  ASSERT_TRUE(AskAbout(&Admin::DisableUser, bob_).ok());
  EXPECT_EQ(ReasonOf(WhoAmI(bobs_.access_token())), reasons::TOKEN_REVOKED);
  EXPECT_EQ(ReasonOf(TryLogin(kBob, kPassword)), reasons::ACCOUNT_DISABLED);
  ASSERT_TRUE(AskAbout(&Admin::EnableUser, bob_).ok());
  EXPECT_EQ(ReasonOf(TryRefresh(bobs_.refresh_token())), reasons::SESSION_ENDED);
  EXPECT_TRUE(TryLogin(kBob, kPassword).ok());
  EXPECT_THAT(NewlyTold(), ElementsAre("account.disabled " + bob_, "account.enabled " + bob_));
  EXPECT_EQ(ReasonOf(AskAbout(&Admin::DisableUser, uuid::NewId())), reasons::NOT_FOUND);
}

TEST_F(AdminUsersTest, SaysThatSessionsMayGoOnWhenTheyCouldNotBeEnded) {
  sessions_.faults.Fail("RevokeUserSessions", Down());
  const grpc::Status status = AskAbout(&Admin::DisableUser, bob_);
  EXPECT_EQ(ReasonOf(status), reasons::DEPENDENCY_DOWN);
  EXPECT_THAT(status.error_message(), HasSubstr("call again"));
  EXPECT_EQ(ReasonOf(TryLogin(kBob, kPassword)), reasons::ACCOUNT_DISABLED);
  sessions_.faults.Mend("RevokeUserSessions");
  EXPECT_TRUE(AskAbout(&Admin::DisableUser, bob_).ok());
  EXPECT_FALSE(BobIsIn());
}

TEST_F(AdminUsersTest, UnlocksAnAccountThatGuessingLocked) {
  for (int i = 0; i < 4; ++i) TryLogin(kBob, "wrong");
  ASSERT_EQ(sessions_.limits.Taken("account_lock", kBob), 4);
  ASSERT_TRUE(AskAbout(&Admin::UnlockUser, bob_).ok());
  EXPECT_EQ(sessions_.limits.Taken("account_lock", kBob), 0);
  EXPECT_THAT(NewlyTold(), ElementsAre("account.unlocked " + bob_));
  EXPECT_EQ(ReasonOf(AskAbout(&Admin::UnlockUser, uuid::NewId())), reasons::NOT_FOUND);
}

TEST_F(AdminUsersTest, DeletesAnAccountAndItsSessionsOnce) {
  SilenceFeed();
  ASSERT_TRUE(AskAbout(&Admin::DeleteUser, bob_).ok());
  EXPECT_EQ(ReasonOf(WhoAmI(bobs_.access_token())), reasons::TOKEN_REVOKED);
  EXPECT_EQ(ReasonOf(TryLogin(kBob, kPassword)), reasons::INVALID_CREDENTIALS);
  ASSERT_TRUE(AskAbout(&Admin::DeleteUser, bob_).ok());
  EXPECT_THAT(NewlyTold(), ElementsAre("account.deleted " + bob_));
}

TEST_F(AdminUsersTest, ListsAndEndsAUsersSessionsEvenWithoutAnAuditLog) {
  v1::ListUserSessionsRequest request;
  request.set_user_id(bob_);
  v1::ListUserSessionsResponse page;
  ASSERT_TRUE(Ask(&Admin::ListUserSessions, request, &page).ok());
  EXPECT_EQ(page.sessions_size(), 2);  // of registering and of logging in
  EXPECT_FALSE(page.sessions(0).current());
  users_.faults.Fail("RecordAuditEvent", Down());
  v1::RevokeUserSessionsRequest revoke;
  revoke.set_user_id(bob_);
  v1::RevokeUserSessionsResponse revoked;
  ASSERT_TRUE(Ask(&Admin::RevokeUserSessions, revoke, &revoked).ok());
  EXPECT_EQ(revoked.sessions_ended(), 2);
  EXPECT_FALSE(BobIsIn());
}

TEST_F(AdminUsersTest, NamesEveryFaultOfARequest) {
  v1::DisableUserRequest request;
  request.set_user_id("BOB");
  request.set_reason(std::string(201, 'x') + "\n");
  v1::DisableUserResponse response;
  const grpc::Status status = Ask(&Admin::DisableUser, request, &response);
  EXPECT_EQ(errors::FaultsOf(rpc::FromGrpc(status)).size(), 3u);
  EXPECT_THAT(NewlyTold(), IsEmpty());
}

TEST_F(AdminUsersTest, HandsEveryRowOfAnImportOn) {
  grpc::ClientContext context;
  Prepare(context, token_);
  v1::ImportUsersResponse response;
  const auto rows = admin_->ImportUsers(&context, &response);
  for (int i = 1; i <= 3000; ++i) {
    v1::ImportUsersRequest row;
    if (i % 1000 != 0) row.mutable_user()->set_email(std::to_string(i) + "@example.org");
    ASSERT_TRUE(rows->Write(row));
  }
  rows->WritesDone();
  const grpc::Status status = rows->Finish();
  ASSERT_TRUE(status.ok()) << status.error_message();
  EXPECT_EQ(response.imported(), 2997);
  EXPECT_EQ(response.refused(), 3);
  ASSERT_EQ(response.faults_size(), 3);
  EXPECT_EQ(response.faults(1).row(), 2000);
  EXPECT_THAT(NewlyTold(), ElementsAre("users.imported "));
}

TEST_F(AdminUsersTest, AnImportThatBreaksOffIsNotTakenForAWholeOne) {
  grpc::ClientContext context;
  Prepare(context, token_);
  v1::ImportUsersResponse response;
  const auto rows = admin_->ImportUsers(&context, &response);
  v1::ImportUsersRequest row;
  row.mutable_user()->set_email("x@example.org");
  ASSERT_TRUE(rows->Write(row));
  ASSERT_TRUE(Eventually([&] { return users_.faults.Calls("ImportUsers") == 1; }));
  context.TryCancel();
  EXPECT_FALSE(rows->Finish().ok());
  EXPECT_TRUE(Eventually([&] { return users_.BrokenImports() == 1; }));
  EXPECT_THAT(NewlyTold(), IsEmpty());
}

TEST_F(AdminUsersTest, SaysWhyAnImportCannotBe) {
  users_.faults.Fail("ImportUsers", Down());
  grpc::ClientContext context;
  Prepare(context, token_);
  v1::ImportUsersResponse response;
  const auto rows = admin_->ImportUsers(&context, &response);
  v1::ImportUsersRequest row;
  row.mutable_user()->set_email("x@example.org");
  while (rows->Write(row)) {
  }
  EXPECT_EQ(ReasonOf(rows->Finish()), reasons::DEPENDENCY_DOWN);
}

TEST_F(AdminUsersTest, PeopleChangeTheirOwnProfile) {
  v1::UpdateProfileRequest request;
  request.set_given_name("Robert");
  request.set_family_name("not named by the mask");
  v1::UpdateProfileResponse response;
  const auto update = [&] {
    return Call(&v1::AuthService::Stub::UpdateProfile, request, &response, bobs_.access_token());
  };
  EXPECT_EQ(ReasonOf(update()), reasons::INVALID_FIELD);
  request.mutable_update_mask()->add_paths("given_name");
  ASSERT_TRUE(update().ok());
  EXPECT_EQ(response.user().given_name(), "Robert");
  EXPECT_EQ(response.user().family_name(), "");
  EXPECT_THAT(response.user().scopes(), IsEmpty());
  EXPECT_THAT(NewlyTold(), ElementsAre("account.updated " + bob_ + " " + bob_));
  users_.Delete(kBob);
  EXPECT_EQ(ReasonOf(update()), reasons::SESSION_ENDED);
}

}  // namespace
}  // namespace tokenforge::auth::testing
