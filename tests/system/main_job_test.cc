// The main job through four real processes, a real Redis and a real database, as a device sees it.
#include <google/protobuf/descriptor.h>
#include <grpcpp/generic/generic_stub.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <csignal>
#include <filesystem>
#include <fstream>
#include <map>
#include <set>
#include <sstream>

#include "lib/errors/errors.h"
#include "lib/rpc/status.h"
#include "tests/system/facade_client.h"
#include "tests/system/suite.h"
#include "tokenforge/auth/v1/admin.grpc.pb.h"
#include "tokenforge/auth/v1/trust.grpc.pb.h"
#include "tokenforge/keys/v1/keys.grpc.pb.h"
#include "tokenforge/sessions/v1/sessions.grpc.pb.h"
#include "tokenforge/users/v1/users.grpc.pb.h"

namespace tokenforge::systemtest {
namespace {

std::string ReadLog(const Suite& suite, const std::string& name) {
  std::ifstream file(suite.log(name));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

class MainJob : public testing::TestWithParam<bool> {
 protected:
  void SetUp() override {
    suite_.Start();
    client_ = std::make_unique<FacadeClient>(suite_.Connect("auth"));
  }
  auth::v1::RegisterResponse Registered(const std::string& email) {
    auto registered = client_->Register(email, kPassword);
    EXPECT_TRUE(registered.ok()) << registered.status();
    return registered.ok() ? *registered : auth::v1::RegisterResponse();
  }

  Suite suite_{SuiteOptions{.postgres = GetParam(), .flags = {}}};
  std::unique_ptr<FacadeClient> client_;
};

INSTANTIATE_TEST_SUITE_P(Databases, MainJob, testing::Values(false, true),
                         [](const auto& which) { return which.param ? "PostgreSql" : "Sqlite"; });

TEST_P(MainJob, RegisterLoginRefreshReplayLogout) {
  const std::string email = FreshEmail();
  const auth::v1::RegisterResponse registered = Registered(email);
  EXPECT_EQ(registered.user().email(), email);
  EXPECT_EQ(registered.tokens().token_type(), "Bearer");

  const auto login = client_->Login(email, kPassword);
  ASSERT_TRUE(login.ok()) << login.status();
  EXPECT_EQ(login->user().user_id(), registered.user().user_id());
  EXPECT_NE(login->tokens().session_id(), registered.tokens().session_id());

  const auto who = client_->WhoAmI(login->tokens().access_token());
  ASSERT_TRUE(who.ok()) << who.status();
  EXPECT_EQ(who->user().user_id(), registered.user().user_id());
  EXPECT_EQ(who->session_id(), login->tokens().session_id());

  const auto refreshed = client_->Refresh(login->tokens().refresh_token());
  ASSERT_TRUE(refreshed.ok()) << refreshed.status();
  EXPECT_NE(refreshed->refresh_token(), login->tokens().refresh_token());
  EXPECT_EQ(refreshed->session_id(), login->tokens().session_id());

  // A lost answer costs nothing: the same successor again, until it is used.
  const auto again = client_->Refresh(login->tokens().refresh_token());
  ASSERT_TRUE(again.ok()) << again.status();
  EXPECT_EQ(again->refresh_token(), refreshed->refresh_token());
  const auto third = client_->Refresh(refreshed->refresh_token());
  ASSERT_TRUE(third.ok()) << third.status();
  EXPECT_EQ(ReasonName(client_->Refresh(login->tokens().refresh_token()).status()),
            "REFRESH_TOKEN_SUPERSEDED");

  ASSERT_TRUE(client_->Logout(third->access_token()).ok());
  EXPECT_EQ(ReasonName(client_->WhoAmI(third->access_token()).status()), "TOKEN_REVOKED");
  EXPECT_EQ(ReasonName(client_->WhoAmI(login->tokens().access_token()).status()), "TOKEN_REVOKED");
  EXPECT_EQ(ReasonName(client_->Refresh(third->refresh_token()).status()), "SESSION_ENDED");
  // The other session of the same user goes on.
  EXPECT_TRUE(client_->WhoAmI(registered.tokens().access_token()).ok());
}

TEST_P(MainJob, SessionsAreListedAndEndedByTheirOwnerOnly) {
  const std::string email = FreshEmail();
  const auto first = Registered(email);
  const auto second = client_->Login(email, kPassword);
  ASSERT_TRUE(second.ok());
  const auto stranger = Registered(FreshEmail());

  const auto listed = client_->ListSessions(second->tokens().access_token());
  ASSERT_TRUE(listed.ok()) << listed.status();
  ASSERT_EQ(listed->sessions_size(), 2);
  EXPECT_EQ(listed->sessions(0).session_id(), second->tokens().session_id());
  EXPECT_TRUE(listed->sessions(0).current());
  EXPECT_FALSE(listed->sessions(1).current());

  // Somebody else's session: no error (nothing is told), and no effect.
  EXPECT_TRUE(
      client_->RevokeSession(stranger.tokens().access_token(), first.tokens().session_id()).ok());
  EXPECT_TRUE(client_->Refresh(first.tokens().refresh_token()).ok());

  ASSERT_TRUE(
      client_->RevokeSession(second->tokens().access_token(), first.tokens().session_id()).ok());
  EXPECT_EQ(ReasonName(client_->WhoAmI(first.tokens().access_token()).status()), "TOKEN_REVOKED");

  const auto third = client_->Login(email, kPassword);
  ASSERT_TRUE(third.ok());
  const auto ended = client_->LogoutAll(third->tokens().access_token(), true);
  ASSERT_TRUE(ended.ok()) << ended.status();
  EXPECT_EQ(*ended, 1);
  EXPECT_EQ(ReasonName(client_->WhoAmI(second->tokens().access_token()).status()), "TOKEN_REVOKED");
  EXPECT_TRUE(client_->WhoAmI(third->tokens().access_token()).ok());
}

TEST_P(MainJob, BadInputIsNamedWholeAndStoresNothing) {
  auth::v1::RegisterRequest request;
  request.set_email("not an address");
  request.set_password("short");
  request.set_given_name(std::string(300, 'x'));
  request.mutable_device()->set_ip_address("nowhere");
  grpc::ClientContext context;
  auth::v1::RegisterResponse response;
  const absl::Status status = rpc::FromGrpc(client_->stub().Register(&context, request, &response));
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  std::vector<std::string> fields;
  for (const auto& fault : errors::FaultsOf(status)) fields.push_back(fault.field);
  std::sort(fields.begin(), fields.end());
  EXPECT_EQ(fields,
            (std::vector<std::string>{"device.ip_address", "email", "given_name", "password"}));

  const std::string email = FreshEmail();
  EXPECT_EQ(ReasonName(client_->Register(email, "7 chars").status()), "WEAK_PASSWORD");
  EXPECT_EQ(ReasonName(client_->Register(email, std::string(73, 'p')).status()), "WEAK_PASSWORD");
  EXPECT_EQ(ReasonName(client_->Register(email, std::string("nul\0inside it", 13)).status()),
            "INVALID_FIELD");
  EXPECT_EQ(ReasonName(client_->Login(email, kPassword).status()), "INVALID_CREDENTIALS");

  const auto registered = Registered(email);
  std::string shouted = email;
  for (char& c : shouted) c = static_cast<char>(std::toupper(static_cast<unsigned char>(c)));
  EXPECT_EQ(ReasonName(client_->Register(shouted, kPassword).status()), "EMAIL_TAKEN");
  EXPECT_TRUE(client_->Login(shouted, kPassword).ok());
  // PostgreSQL cuts a bound string at NUL: it must not get that far.
  EXPECT_NE(ReasonName(client_->Login(email + std::string("\0x", 2), kPassword).status()), "OK");
}

TEST_P(MainJob, LoginFailsAlikeWhateverWasWrong) {
  const std::string email = FreshEmail();
  Registered(email);
  const absl::Status wrong = client_->Login(email, "wrong password").status();
  const absl::Status unknown = client_->Login(FreshEmail(), "wrong password").status();
  EXPECT_EQ(ReasonName(wrong), "INVALID_CREDENTIALS");
  EXPECT_EQ(wrong.code(), absl::StatusCode::kUnauthenticated);
  EXPECT_EQ(wrong.ToString(), unknown.ToString());
}

TEST_P(MainJob, IntrospectionTellsOnlyOfActiveTokens) {
  const auto registered = Registered(FreshEmail());
  const auto active = client_->Introspect(registered.tokens().access_token());
  ASSERT_TRUE(active.ok()) << active.status();
  EXPECT_TRUE(active->active());
  EXPECT_EQ(active->sub(), registered.user().user_id());
  EXPECT_EQ(active->client_id(), "spiffe://tokenforge.local/app");
  ASSERT_TRUE(client_->Logout(registered.tokens().access_token()).ok());
  for (const std::string& token : {registered.tokens().access_token(), std::string("junk"),
                                   std::string(), registered.tokens().refresh_token()}) {
    const auto answer = client_->Introspect(token);
    ASSERT_TRUE(answer.ok()) << answer.status();
    EXPECT_EQ(answer->SerializeAsString(), "") << "nothing but active: false";
  }
}

// A method's answer to an empty message sent by `channel`, by name, without generated code.
absl::Status CallBare(grpc::GenericStub& stub, const std::string& method,
                      const std::string& authorization) {
  grpc::ClientContext context;
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(10));
  if (!authorization.empty()) context.AddMetadata("authorization", authorization);
  grpc::CompletionQueue queue;
  grpc::ByteBuffer answer;
  grpc::Slice nothing;
  const grpc::ByteBuffer request(&nothing, 1);
  grpc::Status status;
  auto call = stub.PrepareUnaryCall(&context, method, request, &queue);
  call->StartCall();
  call->Finish(&answer, &status, nullptr);
  void* tag;
  bool ok;
  queue.Next(&tag, &ok);
  return rpc::FromGrpc(status);
}

TEST_P(MainJob, EveryMethodOfEveryServiceRefusesABareCall) {
  const std::map<std::string, std::string> not_public = {{"auth", "TOKEN_MISSING"},
                                                         {"users", "PEER_NOT_ALLOWED"},
                                                         {"keys", "PEER_NOT_ALLOWED"},
                                                         {"sessions", "PEER_NOT_ALLOWED"}};
  const std::set<std::string> open = {
      "Register",      "Login",       "CompleteLogin", "Refresh",           "RequestPasswordReset",
      "ResetPassword", "VerifyEmail", "Introspect",    "IssueServiceToken", "GetTrust",
      "WatchTrust"};
  const std::map<std::string, std::string> owner = {
      {"tokenforge.auth.v1.AuthService", "auth"},
      {"tokenforge.auth.v1.AdminService", "auth"},
      {"tokenforge.auth.v1.TrustService", "auth"},
      {"tokenforge.users.v1.UserService", "users"},
      {"tokenforge.keys.v1.KeyService", "keys"},
      {"tokenforge.sessions.v1.SessionService", "sessions"}};
  // Without a use, the linker leaves a service's descriptor out.
  auth::v1::GetUserRequest::descriptor();
  auth::v1::GetTrustRequest::descriptor();
  users::v1::GetUserRequest::descriptor();
  keys::v1::GetJwksRequest::descriptor();
  sessions::v1::GetSessionRequest::descriptor();
  int called = 0;
  for (const auto& [service, process] : owner) {
    const auto* descriptor =
        google::protobuf::DescriptorPool::generated_pool()->FindServiceByName(service);
    ASSERT_NE(descriptor, nullptr) << service;
    grpc::GenericStub stub(suite_.Connect(process, "app"));
    for (int i = 0; i < descriptor->method_count(); ++i) {
      const std::string name = descriptor->method(i)->name();
      if (process == "auth" && open.count(name) != 0) continue;
      const std::string path = "/" + service + "/" + name;
      EXPECT_EQ(ReasonName(CallBare(stub, path, "")), not_public.at(process)) << path;
      if (process == "auth") {
        EXPECT_EQ(ReasonName(CallBare(stub, path, "Bearer x.y.z")), "TOKEN_MALFORMED") << path;
      }
      ++called;
    }
  }
  EXPECT_GT(called, 50);
}

TEST_P(MainJob, NoSecretReachesALogOrAStore) {
  const std::string email = FreshEmail();
  const std::string password = "MarkedPassw0rd-7f3a9";
  const auto registered = client_->Register(email, password);
  ASSERT_TRUE(registered.ok());
  const auto refreshed = client_->Refresh(registered->tokens().refresh_token());
  ASSERT_TRUE(refreshed.ok());
  EXPECT_FALSE(client_->Login(email, password + "x").ok());
  EXPECT_FALSE(client_->WhoAmI(refreshed->access_token() + "x").ok());
  for (const std::string& name : suite_.names()) {
    suite_.process(name).Kill(name == "postgres" ? SIGINT : SIGTERM);
    ASSERT_TRUE(suite_.process(name).WaitForEnd(std::chrono::seconds(35))) << name;
    EXPECT_EQ(suite_.process(name).exit_code(), 0) << name << "\n" << ReadLog(suite_, name);
  }
  const auto signature = [](const std::string& jwt) { return jwt.substr(jwt.rfind('.') + 1); };
  const std::vector<std::string> secrets = {
      password, registered->tokens().refresh_token().substr(60),
      refreshed->refresh_token().substr(60), signature(registered->tokens().access_token()),
      signature(refreshed->access_token())};
  for (const auto& file : std::filesystem::recursive_directory_iterator(suite_.dir())) {
    if (!file.is_regular_file()) continue;
    std::ifstream stream(file.path(), std::ios::binary);
    std::ostringstream text;
    text << stream.rdbuf();
    for (const std::string& secret : secrets) {
      EXPECT_EQ(text.str().find(secret), std::string::npos) << file.path() << " holds " << secret;
    }
  }
}

}  // namespace
}  // namespace tokenforge::systemtest
