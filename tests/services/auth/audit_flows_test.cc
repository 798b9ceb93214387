// What the façade tells the audit log, and how administrators read it, through the whole façade.
#include "services/auth/audit_flows.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/errors/facts.h"
#include "lib/rpc/status.h"
#include "lib/telemetry/metrics.h"
#include "tests/services/auth/facade_fixture.h"
#include "tests/services/auth/guesser.h"
#include "tokenforge/auth/v1/admin.grpc.pb.h"

namespace tokenforge::auth::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Admin = v1::AdminService::Stub;

constexpr char kAda[] = "ada@example.org";

// The counter of locks, as metrics tell it; -1 when they do not.
int LocksTold() {
  const std::string text = telemetry::ExposeText();
  const std::string name = "\ntokenforge_accounts_locked_total ";
  const std::size_t at = text.find(name);
  return at == std::string::npos ? -1 : std::stoi(text.substr(at + name.size()));
}

class AuditFlowsTest : public FacadeTest {
 protected:
  AuditFlowsTest() : admin_(v1::AdminService::NewStub(ChannelAs("console"))) {
    Register(kAda);
    users_.Change(kAda, [](users::v1::User& user) { user.add_roles("admin"); });
    const v1::Tokens tokens = Login(kAda);
    token_ = tokens.access_token();
    session_ = tokens.session_id();
    v1::WhoAmIResponse me;
    if (!WhoAmI(token_, &me).ok()) throw std::runtime_error("WhoAmI");
    user_id_ = me.user().user_id();
  }
  template <class Request, class Response>
  grpc::Status Ask(grpc::Status (Admin::*method)(grpc::ClientContext*, const Request&, Response*),
                   const Request& request, Response* response) {
    grpc::ClientContext context;
    Prepare(context, token_);
    return ((*admin_).*method)(&context, request, response);
  }
  static std::string Attribute(const users::v1::AuditEvent& event, const std::string& name) {
    const auto found = event.attributes().find(name);
    return found == event.attributes().end() ? "(none)" : found->second;
  }

  std::unique_ptr<Admin> admin_;
  std::string token_, session_, user_id_;
};

TEST_F(AuditFlowsTest, AdministratorsReadTheLogPageByPage) {
  for (const char* kind : {"a.one", "a.two", "a.three"}) {
    users::v1::AuditEvent event;
    event.set_kind(kind);
    event.set_user_id(user_id_);
    event.mutable_event_time()->set_seconds(1'800'000'000);
    event.set_hash(std::string("\x00\xFF", 2));
    (*event.mutable_attributes())["email"] = kAda;
    audit_->Record(event);
    Audited(kind);
  }
  v1::ListAuditEventsRequest request;
  v1::ListAuditEventsResponse first;
  ASSERT_TRUE(Ask(&Admin::ListAuditEvents, request, &first).ok());
  ASSERT_EQ(first.events_size(), 2);
  EXPECT_EQ(first.events(0).sequence(), 1);
  EXPECT_EQ(first.events(0).kind(), "a.one");
  EXPECT_EQ(first.events(0).user_id(), user_id_);
  EXPECT_EQ(first.events(0).event_time().seconds(), 1'800'000'000);
  EXPECT_EQ(first.events(0).attributes().at("email"), kAda);
  EXPECT_EQ(first.events(0).hash(), std::string("\x00\xFF", 2));
  // Reading it is an event too; its further pages are not.
  const auto reads = Audited("admin.read");
  EXPECT_EQ(reads[0].actor(), user_id_);
  request.set_page_token(first.next_page_token());
  v1::ListAuditEventsResponse second;
  ASSERT_TRUE(Ask(&Admin::ListAuditEvents, request, &second).ok());
  EXPECT_EQ(second.events(0).kind(), "a.three");
  request.clear_page_token();
  request.set_kind("bad");
  EXPECT_EQ(ReasonOf(Ask(&Admin::ListAuditEvents, request, &second)), reasons::INVALID_FIELD);
  request.set_kind("a.one");
  ASSERT_TRUE(Ask(&Admin::ListAuditEvents, request, &second).ok());
  const auto all_reads = Audited("admin.read", 2);
  EXPECT_EQ(all_reads.size(), 2u);
  EXPECT_EQ(Attribute(all_reads[1], "of_kind"), "a.one");
}

TEST_F(AuditFlowsTest, NobodyElseReadsTheLog) {
  Register("bob@example.org");
  token_ = Login("bob@example.org").access_token();
  v1::ListAuditEventsResponse response;
  EXPECT_EQ(ReasonOf(Ask(&Admin::ListAuditEvents, {}, &response)), reasons::ROLE_REQUIRED);
  token_.clear();
  EXPECT_EQ(ReasonOf(Ask(&Admin::ListAuditEvents, {}, &response)), reasons::TOKEN_MISSING);
  EXPECT_EQ(users_.faults.Calls("ListAuditEvents"), 0);
}

TEST_F(AuditFlowsTest, ALockIsRecordedOnceHoweverManyGuessesItRefuses) {
  sessions_.limits.Lift();
  const int told = LocksTold();
  EXPECT_GE(told, 0) << "there before the first lock";
  Guesser guesser(ChannelAs("gateway"));
  for (int i = 0; i < 30; ++i) {
    guesser.Login(kAda, "wrong password", "198.51.100." + std::to_string(i));
    guesser.Login("nobody@example.org", "wrong password", "198.51.100." + std::to_string(i));
  }
  const auto locks = Audited("login.locked", 2);
  EXPECT_EQ(locks.size(), 2u);
  EXPECT_EQ(LocksTold(), told + 2);
  for (const auto& lock : locks) {
    EXPECT_THAT(lock.ip_address(), HasSubstr("198.51.100."));
    EXPECT_THAT(Attribute(lock, "client"), HasSubstr("/gateway"));
  }
  EXPECT_NE(Attribute(locks[0], "email"), Attribute(locks[1], "email"));
}

TEST_F(AuditFlowsTest, ATheftIsRecordedWithItsFactsAndTheThiefIsToldNoneOfThem) {
  const v1::Tokens first = Login(kAda);
  v1::Tokens second, third;
  ASSERT_TRUE(TryRefresh(first.refresh_token(), &second).ok());
  ASSERT_TRUE(TryRefresh(second.refresh_token(), &third).ok());
  sessions_.EndGrace();
  const grpc::Status refused = TryRefresh(first.refresh_token());
  EXPECT_EQ(ReasonOf(refused), reasons::REFRESH_TOKEN_REUSED);
  EXPECT_TRUE(errors::FactsOf(rpc::FromGrpc(refused)).empty());
  EXPECT_THAT(refused.error_details(), Not(HasSubstr(user_id_)));
  const auto thefts = Audited("refresh.reused");
  EXPECT_EQ(thefts[0].user_id(), user_id_);
  EXPECT_EQ(Attribute(thefts[0], "session_id"), first.session_id());
  EXPECT_EQ(Attribute(thefts[0], "generation_gap"), "2");
  EXPECT_THAT(thefts[0].DebugString(), Not(HasSubstr("tfr_")));
}

TEST_F(AuditFlowsTest, EndedSessionsAreRecorded) {
  const v1::Tokens other = Login(kAda);
  v1::RevokeSessionRequest revoke;
  revoke.set_session_id(other.session_id());
  v1::RevokeSessionResponse revoked;
  ASSERT_TRUE(Call(&v1::AuthService::Stub::RevokeSession, revoke, &revoked, token_).ok());
  ASSERT_TRUE(Call(&v1::AuthService::Stub::RevokeSession, revoke, &revoked, token_).ok());
  v1::LogoutAllRequest all;
  all.set_keep_current(true);
  v1::LogoutAllResponse ended;
  ASSERT_TRUE(Call(&v1::AuthService::Stub::LogoutAll, all, &ended, token_).ok());
  ASSERT_TRUE(Logout(token_).ok());
  const auto revocations = Audited("session.revoked", 2);
  ASSERT_EQ(revocations.size(), 2u);  // the repetition ended nothing
  EXPECT_EQ(Attribute(revocations[0], "session_id"), other.session_id());
  EXPECT_EQ(Attribute(revocations[0], "by"), "owner");
  EXPECT_EQ(Attribute(revocations[1], "session_id"), session_);
  EXPECT_EQ(Attribute(revocations[1], "by"), "logout");
  const auto everything = Audited("sessions.all_revoked");
  EXPECT_EQ(everything[0].user_id(), user_id_);
  EXPECT_EQ(everything[0].actor(), user_id_);
  EXPECT_EQ(Attribute(everything[0], "kept"), session_);
}

TEST_F(AuditFlowsTest, WhatIsDoneToKeysIsRecordedEvenWhileTheLogIsAway) {
  desk_->watch.patience = std::chrono::milliseconds(50);
  users_.faults.Fail("RecordAuditEvent", Down());
  v1::RotateSigningKeyRequest rotate;
  rotate.set_force(true);
  rotate.set_reason("yearly");
  v1::RotateSigningKeyResponse rotated;
  ASSERT_TRUE(Ask(&Admin::RotateSigningKey, rotate, &rotated).ok());
  EXPECT_TRUE(Eventually([&] { return users_.faults.Calls("RecordAuditEvent") > 1; }));
  EXPECT_TRUE(users_.Audited("key.rotated").empty());
  users_.faults.Mend("RecordAuditEvent");
  const auto rotations = Audited("key.rotated");
  EXPECT_EQ(rotations[0].actor(), user_id_);
  EXPECT_EQ(Attribute(rotations[0], "reason"), "yearly");
  EXPECT_EQ(Attribute(rotations[0], "forced"), "true");
  EXPECT_EQ(Attribute(rotations[0], "active"), rotated.active().kid());
  EXPECT_FALSE(rotations[0].trace_id().empty());
}

TEST_F(AuditFlowsTest, RevokedKeysAndEndedSessionsOfAllAreRecorded) {
  desk_->watch.patience = std::chrono::milliseconds(50);
  v1::RevokeAllSigningKeysRequest all;
  all.set_reason("the store was read");
  all.set_end_all_sessions(true);
  v1::RevokeAllSigningKeysResponse response;
  ASSERT_TRUE(Ask(&Admin::RevokeAllSigningKeys, all, &response).ok());
  EXPECT_EQ(Audited("keys.all_revoked", 2).size(), 2u);  // before the sessions end, and after
  EXPECT_EQ(Attribute(Audited("sessions.all_ended")[0], "reason"), "the store was read");
  token_ = Login(kAda).access_token();
  v1::RevokeSigningKeyRequest one;
  one.set_kid(keys_.kid());
  one.set_reason("a laptop was lost");
  v1::RevokeSigningKeyResponse revoked;
  ASSERT_TRUE(Ask(&Admin::RevokeSigningKey, one, &revoked).ok());
  EXPECT_EQ(Attribute(Audited("key.revoked")[0], "kid"), one.kid());
}

TEST_F(AuditFlowsTest, NoTokenOrPasswordIsEverInAnEvent) {
  const v1::Tokens tokens = Login(kAda);
  sessions_.limits.Lift();
  Guesser guesser(ChannelAs("gateway"));
  for (int i = 0; i < 22; ++i)
    guesser.Login(kAda, "MARKED-guess", "198.51.100." + std::to_string(i));
  ASSERT_TRUE(TryRefresh(tokens.refresh_token()).ok());
  ASSERT_TRUE(Logout(token_).ok());
  Audited("login.locked");
  Audited("session.revoked");
  for (const users::v1::AuditEvent& event : users_.Audited("")) {
    const std::string text = event.DebugString();
    for (const std::string& secret : {std::string("MARKED"), std::string(kPassword),
                                      tokens.refresh_token(), tokens.access_token(), token_}) {
      EXPECT_THAT(text, Not(HasSubstr(secret)));
    }
  }
}

}  // namespace
}  // namespace tokenforge::auth::testing
