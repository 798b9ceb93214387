// Administrators and signing keys, through the whole façade, with guards on the feed.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>
#include <string>

#include "tests/interceptors/awaited_log.h"
#include "tests/services/auth/facade_fixture.h"
#include "tests/services/auth/watched_feed.h"
#include "tokenforge/auth/v1/admin.grpc.pb.h"

namespace tokenforge::auth::testing {
namespace {

using ::testing::HasSubstr;
using Admin = v1::AdminService::Stub;

class AdminKeysTest : public FacadeTest {
 protected:
  AdminKeysTest() : admin_(v1::AdminService::NewStub(ChannelAs("console"))) {
    Register();
    users_.Change("ada@example.org", [](users::v1::User& user) { user.add_roles("admin"); });
    token_ = Login().access_token();
    desk_->watch.patience = std::chrono::seconds(15);  // a test that waits in vain says so itself
  }

  template <class Request, class Response>
  grpc::Status Ask(grpc::Status (Admin::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response* response) {
    grpc::ClientContext context;
    Prepare(context, token_);
    return ((*admin_).*method)(&context, request, response);
  }
  // Revokes all keys while somebody else plays the guards.
  std::future<v1::RevokeAllSigningKeysResponse> RevokeAll() {
    return std::async(std::launch::async, [this] {
      v1::RevokeAllSigningKeysResponse response;
      v1::RevokeAllSigningKeysRequest request;
      request.set_reason("the store was read");
      const grpc::Status status = Ask(&Admin::RevokeAllSigningKeys, request, &response);
      EXPECT_TRUE(status.ok()) << status.error_message();
      return response;
    });
  }
  // Reads until the guard has new keys and was told to refuse `revoked`, which may come with them
  // or after them. The version to acknowledge; 0 when the feed ended before.
  static std::uint64_t ReadNewKeys(WatchedFeed& feed, const std::string& revoked) {
    bool keys = false, told = false;
    std::uint64_t version = 0;
    while (!keys || !told) {
      const v1::WatchTrustResponse news = feed.ReadNews();
      if (!news.has_change()) return 0;
      for (const auto& one : news.change().revocations()) told = told || one.kid() == revoked;
      keys = keys || !news.change().jwks().empty();
      version = news.change().version();
    }
    return version;
  }

  std::unique_ptr<Admin> admin_;
  std::string token_;
};

TEST_F(AdminKeysTest, RefusesWhoeverIsNoAdministrator) {
  Register("bob@example.org");
  token_ = Login("bob@example.org").access_token();
  v1::RevokeAllSigningKeysResponse response;
  EXPECT_EQ(ReasonOf(Ask(&Admin::RevokeAllSigningKeys, {}, &response)), reasons::ROLE_REQUIRED);
  EXPECT_EQ(keys_.faults.Calls("RevokeAllKeys"), 0);
}

TEST_F(AdminKeysTest, RevokeAllWaitsForEveryGuardAndCountsThem) {
  WatchedFeed one(ChannelAs("example"));
  WatchedFeed two(ChannelAs("example"));
  one.Open("", "one").Read();
  two.Open("", "two").Read();
  const std::string old = keys_.kid();
  auto answer = RevokeAll();
  for (WatchedFeed* const feed : {&one, &two}) {
    const std::uint64_t version = ReadNewKeys(*feed, old);
    EXPECT_NE(version, 0u);
    feed->Acknowledge(version);
  }
  const v1::RevokeAllSigningKeysResponse counts = answer.get();
  EXPECT_EQ(counts.keys_revoked(), 1);
  EXPECT_EQ(counts.guards_connected(), 2);
  EXPECT_EQ(counts.guards_applied(), 2);
  EXPECT_EQ(counts.active().kid(), keys_.kid());
  EXPECT_EQ(counts.active().state(), "active");
  // Not even this façade takes the old tokens any more; who refreshes goes on.
  EXPECT_EQ(ReasonOf(WhoAmI(token_)), reasons::TOKEN_UNKNOWN_KEY);
  EXPECT_TRUE(WhoAmI(Login().access_token()).ok());
}

TEST_F(AdminKeysTest, RevokeAllSaysHowManyGuardsHaveNotAppliedIt) {
  desk_->watch.patience = std::chrono::milliseconds(50);
  WatchedFeed silent(ChannelAs("example"));
  silent.Open().Read();
  const v1::RevokeAllSigningKeysResponse counts = RevokeAll().get();
  EXPECT_EQ(counts.guards_connected(), 1);
  EXPECT_EQ(counts.guards_applied(), 0);
}

TEST_F(AdminKeysTest, RevokeAllCountsTheGuardsOfOtherReplicas) {
  desk_->watch.patience = std::chrono::milliseconds(50);
  keys::v1::GuardReport other;
  other.set_facade_id("other");
  other.set_keys_version(1'000'000);
  other.set_connected(3);
  other.set_applied(2);
  keys_.PutReport(other);
  const v1::RevokeAllSigningKeysResponse counts = RevokeAll().get();
  EXPECT_EQ(counts.guards_connected(), 3);
  EXPECT_EQ(counts.guards_applied(), 2);
}

TEST_F(AdminKeysTest, RevokeAllCountsItsOwnGuardsWhenOthersCannotBeAskedAbout) {
  keys_.faults.Fail("ReportGuards", Down());
  const v1::RevokeAllSigningKeysResponse counts = RevokeAll().get();
  EXPECT_EQ(counts.guards_connected(), 0);
}

TEST_F(AdminKeysTest, RevokeAllDoesNotHangOnReportsThatDo) {
  desk_->watch.patience = std::chrono::milliseconds(50);
  keys_.faults.Hang("ReportGuards");
  const v1::RevokeAllSigningKeysResponse counts = RevokeAll().get();
  EXPECT_EQ(counts.active().kid(), keys_.kid());
  EXPECT_EQ(counts.guards_connected(), 0);
  keys_.faults.Mend("ReportGuards");
}

TEST_F(AdminKeysTest, RevokesOneKey) {
  v1::RevokeSigningKeyRequest request;
  request.set_kid(keys_.kid());
  request.set_reason("a laptop was lost");
  v1::RevokeSigningKeyResponse response;
  ASSERT_TRUE(Ask(&Admin::RevokeSigningKey, request, &response).ok());
  EXPECT_EQ(response.active().kid(), keys_.kid());
  EXPECT_NE(response.active().kid(), request.kid());
  EXPECT_FALSE(WhoAmI(token_).ok());
}

TEST_F(AdminKeysTest, RevokeTellsOfAKeyThatIsNotThere) {
  v1::RevokeSigningKeyRequest request;
  request.set_kid("unheard-of");
  v1::RevokeSigningKeyResponse response;
  EXPECT_EQ(ReasonOf(Ask(&Admin::RevokeSigningKey, request, &response)), reasons::NOT_FOUND);
  request.set_kid("no kid");
  EXPECT_EQ(ReasonOf(Ask(&Admin::RevokeSigningKey, request, &response)), reasons::INVALID_FIELD);
}

TEST_F(AdminKeysTest, WhatWasRevokedIsInTheLogAlsoWhenItsSuccessorCannotBePublished) {
  keys_.answers_no_keys = true;
  tokenforge::testing::AwaitedLog log;
  v1::RevokeSigningKeyRequest one;
  one.set_kid(keys_.kid());
  one.set_reason("a laptop was lost");
  v1::RevokeSigningKeyResponse response;
  EXPECT_FALSE(Ask(&Admin::RevokeSigningKey, one, &response).ok());
  EXPECT_FALSE(log.Await({"revoked a signing key", "a laptop was lost"}).empty());
}

TEST_F(AdminKeysTest, ThatEveryKeyWasRevokedIsInTheLogAlsoWhenTheNewOnesCannotBePublished) {
  keys_.answers_no_keys = true;
  tokenforge::testing::AwaitedLog log;
  v1::RevokeAllSigningKeysRequest all;
  all.set_reason("the store was read");
  v1::RevokeAllSigningKeysResponse response;
  EXPECT_FALSE(Ask(&Admin::RevokeAllSigningKeys, all, &response).ok());
  EXPECT_FALSE(log.Await({"revoked every signing key", "the store was read"}).empty());
}

TEST_F(AdminKeysTest, RotateHandsOnThatAGuardIsNotReady) {
  keys_.faults.Fail("RotateKey", errors::Make(reasons::KEY_NOT_ACKNOWLEDGED, "pod-7 is not"));
  v1::RotateSigningKeyRequest request;
  v1::RotateSigningKeyResponse response;
  const grpc::Status refused = Ask(&Admin::RotateSigningKey, request, &response);
  EXPECT_EQ(ReasonOf(refused), reasons::KEY_NOT_ACKNOWLEDGED);
  EXPECT_THAT(refused.error_message(), HasSubstr("pod-7"));
  request.set_force(true);
  EXPECT_TRUE(Ask(&Admin::RotateSigningKey, request, &response).ok());
  EXPECT_EQ(response.active().kid(), keys_.kid());
}

TEST_F(AdminKeysTest, ListsKeysInPagesWithTheirStates) {
  keys_.RevokeElsewhere();
  // Its own key was revoked with it: wait until the façade knows, then log in anew.
  ASSERT_TRUE(Eventually([&] { return hub_.Keys()->jwks == keys_.jwks(); }));
  token_ = Login().access_token();
  keys_.Rotate();
  ASSERT_TRUE(Eventually([&] { return hub_.Keys()->jwks == keys_.jwks(); }));
  token_ = Login().access_token();
  v1::ListSigningKeysRequest request;
  request.set_page_size(2);
  v1::ListSigningKeysResponse first;
  ASSERT_TRUE(Ask(&Admin::ListSigningKeys, request, &first).ok());
  ASSERT_EQ(first.keys_size(), 2);
  EXPECT_EQ(first.keys(0).state(), "revoked");
  EXPECT_EQ(first.keys(1).state(), "retired");
  request.set_page_token(first.next_page_token());
  v1::ListSigningKeysResponse second;
  ASSERT_TRUE(Ask(&Admin::ListSigningKeys, request, &second).ok());
  ASSERT_EQ(second.keys_size(), 1);
  EXPECT_EQ(second.keys(0).kid(), keys_.kid());
  EXPECT_EQ(second.next_page_token(), "");
}

TEST_F(AdminKeysTest, RefusesAReasonThatIsNoLine) {
  v1::RotateSigningKeyRequest request;
  request.set_reason("one\ntwo");
  v1::RotateSigningKeyResponse response;
  EXPECT_EQ(ReasonOf(Ask(&Admin::RotateSigningKey, request, &response)), reasons::INVALID_FIELD);
  request.set_reason(std::string(201, 'x'));
  EXPECT_EQ(ReasonOf(Ask(&Admin::RotateSigningKey, request, &response)), reasons::INVALID_FIELD);
}

TEST_F(AdminKeysTest, TellsGuardsOfAKeyThatWasRevokedElsewhere) {
  WatchedFeed feed(ChannelAs("example"));
  feed.Open().Read();
  const std::string old = keys_.kid();
  keys_.RevokeElsewhere();
  ASSERT_TRUE(Eventually([&] {
    const auto snapshot = hub_.Snapshot();
    return std::any_of(snapshot->revocations().begin(), snapshot->revocations().end(),
                       [&](const auto& one) { return one.kid() == old; });
  }));
  EXPECT_EQ(hub_.Keys()->jwks, keys_.jwks());
  EXPECT_EQ(feed.ReadNews().change().jwks(), keys_.jwks());
}

TEST_F(AdminKeysTest, ReportsWhatItsGuardsEnforce) {
  WatchedFeed one(ChannelAs("example"));
  WatchedFeed two(ChannelAs("example"));
  const std::uint64_t version = one.Open("", "one").Read().snapshot().version();
  two.Open("", "two").Read();
  one.Acknowledge(version);
  ASSERT_TRUE(Eventually([&] { return keys_.LastReport().applied() == 1; }));
  const keys::v1::GuardReport report = keys_.LastReport();
  EXPECT_EQ(report.facade_id(), reports_->facade_id());
  EXPECT_EQ(report.connected(), 2);
  EXPECT_EQ(report.keys_version(), hub_.CurrentKeys().keys_version);
  EXPECT_EQ(report.least_applied_version(), 0U);
  EXPECT_THAT(report.behind(), ::testing::ElementsAre("two"));
  two.Acknowledge(version);
  EXPECT_TRUE(Eventually([&] {
    return keys_.LastReport().least_applied_version() == hub_.CurrentKeys().keys_version;
  }));
}

TEST_F(AdminKeysTest, WithdrawsItsReportAtTheEnd) {
  WatchedFeed feed(ChannelAs("example"));
  feed.Open().Read();
  ASSERT_TRUE(Eventually([&] { return keys_.LastReport().connected() == 1; }));
  reports_->Stop();
  EXPECT_EQ(keys_.LastReport().connected(), 0);
  EXPECT_EQ(keys_.LastReport().facade_id(), reports_->facade_id());
}

}  // namespace
}  // namespace tokenforge::auth::testing
