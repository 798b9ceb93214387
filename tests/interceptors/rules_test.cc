// What each condition of a rule lets through, on a real server: roles, scopes, peers, audience,
// freshness, PUBLIC.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/interceptors/guarded_server.h"

namespace tokenforge::testing {
namespace {

namespace reasons = errors::reasons;
using std::chrono::hours;
using std::chrono::seconds;

class Rules : public ::testing::TestWithParam<Api> {
 protected:
  Rules() : server_(GetParam(), Transport::kMtls) {}

  void ExpectRefused(const Outcome& outcome, grpc::StatusCode code, errors::Reason reason,
                     const std::string& challenge) {
    EXPECT_EQ(outcome.status.error_code(), code);
    EXPECT_EQ(outcome.reason(), reason) << outcome.status.error_message();
    EXPECT_EQ(outcome.Trailer("www-authenticate"), challenge);
    EXPECT_TRUE(outcome.answers.empty());
  }
  void ExpectDenied(const Outcome& outcome, errors::Reason reason) {
    ExpectRefused(outcome, grpc::StatusCode::PERMISSION_DENIED, reason,
                  "Bearer error=\"insufficient_scope\"");
  }
  Tokens& tokens() { return server_.tokens(); }

  GuardedServer server_;
};

INSTANTIATE_TEST_SUITE_P(Apis, Rules, ::testing::Values(Api::kSync, Api::kCallback),
                         [](const auto& param) {
                           return param.param == Api::kSync ? "Sync" : "Callback";
                         });

TEST_P(Rules, PublicMethodsNeedNoTokenAndLookAtNone) {
  const Outcome bare = server_.Call("Open");
  ASSERT_TRUE(bare.status.ok()) << bare.status.error_message();
  EXPECT_EQ(bare.answers[0].kind(), static_cast<int>(Caller::Kind::kPeer));
  EXPECT_EQ(bare.answers[0].peer(), "spiffe://example.org/web");
  const Outcome junk = server_.Call("Open", Bearer("junk"));
  EXPECT_TRUE(junk.status.ok());
  const Outcome good = server_.Call("Open", Bearer(tokens().Make()));
  EXPECT_EQ(good.answers.at(0).subject(), "") << "what is not verified is not claimed";
}

TEST_P(Rules, OneOfTheRolesIsEnoughAndNoneIsNot) {
  EXPECT_TRUE(server_.Call("Admin", Bearer(tokens().WithRoles({"user", "root"}))).status.ok());
  const int before = HandlerRuns();
  ExpectDenied(server_.Call("Admin", Bearer(tokens().WithRoles({"administrator", "Admin"}))),
               reasons::ROLE_REQUIRED);
  ExpectDenied(server_.Call("Admin", Bearer(tokens().Make())), reasons::ROLE_REQUIRED);
  EXPECT_EQ(server_.Call("Admin").reason(), reasons::TOKEN_MISSING);
  EXPECT_EQ(HandlerRuns(), before);
}

TEST_P(Rules, EveryScopeIsNeeded) {
  const auto with = [&](const std::string& scope) {
    return Bearer(tokens().Make([&](jose::AccessTokenClaims& claims) { claims.scope = scope; }));
  };
  EXPECT_TRUE(server_.Call("Scoped", with("notes.write notes.read other")).status.ok());
  ExpectDenied(server_.Call("Scoped", with("notes.read")), reasons::SCOPE_REQUIRED);
  ExpectDenied(server_.Call("Scoped", with("notes.readnotes.write")), reasons::SCOPE_REQUIRED);
}

TEST_P(Rules, PeersAreMatchedByTheirWholeSpiffeId) {
  EXPECT_TRUE(server_.Call("Peers", {}, "", "web").status.ok());
  EXPECT_TRUE(server_.Call("Peers", {}, "", "jobs/nightly").status.ok());
  const int before = HandlerRuns();
  ExpectDenied(server_.Call("Peers", {}, "", "stranger"), reasons::PEER_NOT_ALLOWED);
  ExpectDenied(server_.Call("Peers", {}, "", "website"), reasons::PEER_NOT_ALLOWED);
  ExpectDenied(server_.Call("Peers", {}, "", "jobs/nightly/deep"), reasons::PEER_NOT_ALLOWED);
  EXPECT_EQ(HandlerRuns(), before);
}

TEST_P(Rules, OnPlaintextNobodyIsAPeer) {
  GuardedServer plaintext(GetParam(), Transport::kPlaintext);
  const int before = HandlerRuns();
  ExpectDenied(plaintext.Call("Peers"), reasons::PEER_NOT_ALLOWED);
  ExpectDenied(CallRaw(plaintext.Channel(), "/tokenforge.testing.v1.Calls/PeersBidi", {}, ""),
               reasons::PEER_NOT_ALLOWED);
  EXPECT_EQ(HandlerRuns(), before);
}

TEST_P(Rules, AllConditionsMustHoldAndTheTokenIsCheckedFirst) {
  const Metadata admin = Bearer(tokens().WithRoles({"admin"}));
  const Metadata user = Bearer(tokens().Make());
  EXPECT_TRUE(server_.Call("AdminPeers", admin).status.ok());
  ExpectDenied(server_.Call("AdminPeers", admin, "", "stranger"), reasons::PEER_NOT_ALLOWED);
  ExpectDenied(server_.Call("AdminPeers", user, "", "stranger"), reasons::ROLE_REQUIRED);
  EXPECT_EQ(server_.Call("AdminPeers", {}, "", "stranger").reason(), reasons::TOKEN_MISSING);
}

TEST_P(Rules, AMethodsAudienceReplacesTheServers) {
  const auto of = [&](std::vector<std::string> audiences) {
    return Bearer(tokens().Make(
        [&](jose::AccessTokenClaims& claims) { claims.audiences = std::move(audiences); }));
  };
  EXPECT_TRUE(server_.Call("Billing", of({"billing"})).status.ok());
  EXPECT_TRUE(server_.Call("Billing", of({"other", "billing"})).status.ok());
  ExpectRefused(server_.Call("Billing", of({kAudience})), grpc::StatusCode::UNAUTHENTICATED,
                reasons::TOKEN_WRONG_AUDIENCE, "Bearer error=\"invalid_token\"");
  // A token for billing alone is good nowhere else, also when it is known as verified.
  ExpectRefused(server_.Call("Unary", of({"billing"})), grpc::StatusCode::UNAUTHENTICATED,
                reasons::TOKEN_WRONG_AUDIENCE, "Bearer error=\"invalid_token\"");
}

TEST_P(Rules, FreshMethodsRefuseOnceTheSourceIsSilentAndOthersGoOn) {
  const Metadata token = Bearer(tokens().Make());
  server_.trust().Confirm();
  server_.clock().Advance(seconds(30));
  EXPECT_TRUE(server_.Call("Fresh", token).status.ok()) << "30 s are within the bound";
  server_.clock().Advance(std::chrono::milliseconds(1));
  ExpectRefused(server_.Call("Fresh", token), grpc::StatusCode::UNAVAILABLE, reasons::TRUST_STALE,
                "");
  EXPECT_TRUE(server_.Call("Unary", token).status.ok());
  server_.trust().Confirm();
  EXPECT_TRUE(server_.Call("Fresh", token).status.ok());
}

TEST_P(Rules, BeyondMaxStaleEveryTokenIsRefused) {
  const auto lasting = [&] {
    return Bearer(
        tokens().Make([](jose::AccessTokenClaims& claims) { claims.expire_time += hours(48); }));
  }();
  server_.trust().Confirm();
  server_.clock().Advance(hours(24));
  EXPECT_TRUE(server_.Call("Unary", lasting).status.ok());
  server_.clock().Advance(seconds(1));
  ExpectRefused(server_.Call("Unary", lasting), grpc::StatusCode::UNAVAILABLE, reasons::TRUST_STALE,
                "");
  EXPECT_TRUE(server_.Call("Open").status.ok()) << "what needs no token needs no trust";
  server_.trust().Confirm();
  EXPECT_TRUE(server_.Call("Unary", lasting).status.ok());
}

TEST_P(Rules, ATokenIsRefusedFromTheSecondItExpiresAlsoWhenItIsKnown) {
  const Metadata token = Bearer(tokens().Make());  // 15 min, and 30 s of leeway
  server_.clock().Advance(seconds(15 * 60 + 29));
  EXPECT_TRUE(server_.Call("Unary", token).status.ok());
  server_.clock().Advance(seconds(1));
  server_.trust().Confirm();
  EXPECT_EQ(server_.Call("Unary", token).reason(), reasons::TOKEN_EXPIRED);
}

TEST_P(Rules, AKeyThatIsNoLongerPublishedVerifiesNothingAlsoWhatIsKnown) {
  const Metadata token = Bearer(tokens().Make());
  ASSERT_TRUE(server_.Call("Unary", token).status.ok());
  ASSERT_TRUE(server_.trust().PublishKeys(Tokens(server_.clock()).Jwks()).ok());
  EXPECT_EQ(server_.Call("Unary", token).reason(), reasons::TOKEN_UNKNOWN_KEY);
  ASSERT_TRUE(server_.trust().PublishKeys(tokens().Jwks()).ok());
  EXPECT_TRUE(server_.Call("Unary", token).status.ok());
}

TEST_P(Rules, AServicesOwnTokenMakesItAService) {
  const Metadata token = Bearer(tokens().Make([](jose::AccessTokenClaims& claims) {
    claims.subject = "spiffe://example.org/reports";
    claims.session_id.clear();
  }));
  const Outcome outcome = server_.Call("Unary", token);
  ASSERT_TRUE(outcome.status.ok());
  EXPECT_EQ(outcome.answers[0].kind(), static_cast<int>(Caller::Kind::kService));
}

TEST_P(Rules, VerifyTokenChecksLikeACall) {
  EXPECT_EQ(server_.guard().VerifyToken(tokens().Make())->subject(), "ada");
  const auto reason = [&](const std::string& token) {
    return errors::ReasonOf(server_.guard().VerifyToken(token).status());
  };
  EXPECT_EQ(reason(""), reasons::TOKEN_MISSING);
  EXPECT_EQ(reason(std::string(9000, 'a')), reasons::TOKEN_MALFORMED);
  EXPECT_EQ(reason(tokens().Forged()), reasons::TOKEN_BAD_SIGNATURE);
  EXPECT_EQ(reason(tokens().Expired()), reasons::TOKEN_EXPIRED);
}

TEST(CallerOf, OutsideAGuardedCallIsNobody) {
  const grpc::CallbackServerContext context;
  const Caller caller = CallerOf(context);
  EXPECT_EQ(caller.kind(), Caller::Kind::kAnonymous);
  EXPECT_FALSE(caller.authenticated());
  EXPECT_EQ(caller.subject(), "");
  EXPECT_FALSE(caller.HasRole(""));
}

}  // namespace
}  // namespace tokenforge::testing
