// Several issuers: `iss` chooses whose keys verify a token, exactly, and nobody's keys,
// revocations, audiences or age count for another.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/interceptors/guarded_server.h"

namespace tokenforge::testing {
namespace {

namespace reasons = errors::reasons;
using std::chrono::hours;
using std::chrono::minutes;
using std::chrono::seconds;

constexpr char kPartner[] = "https://id.partner.example";

class Issuers : public ::testing::Test {
 protected:
  Issuers() {
    TrustOptions own;
    own.clock = &clock_;
    trust_ = std::make_shared<Trust>(own);
    partner_trust_ = std::make_shared<Trust>(own);
    options_.issuer = kIssuer;
    options_.audiences = {kAudience};
    options_.trust = trust_;
    options_.trust_domain = "example.org";
    TrustedIssuer partner;
    partner.issuer = kPartner;
    partner.audiences = {"exchange", "notes"};
    partner.trust = partner_trust_;
    options_.more_issuers = {partner};
  }
  void Start() {
    ASSERT_TRUE(trust_->PublishKeys(tokens_.Jwks()).ok());
    ASSERT_TRUE(partner_trust_->PublishKeys(partner_.Jwks()).ok());
    guard_ = std::make_unique<Guard>(options_);
    guard_->Protect<v1::Calls>(&service_);
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
    auto server = guard_->Start(builder);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  errors::Reason Say(const std::string& method, const std::string& token) {
    const auto channel = grpc::CreateChannel("127.0.0.1:" + std::to_string(port_),
                                             grpc::InsecureChannelCredentials());
    return CallRaw(channel, "/tokenforge.testing.v1.Calls/" + method, Bearer(token), "").reason();
  }
  errors::Reason ReasonOf(const std::string& token) {
    return errors::ReasonOf(guard_->VerifyToken(token).status()).value_or(kNone);
  }
  // A token that claims an issuer and audiences, signed with `tokens`' key.
  static std::string Claiming(const Tokens& tokens, const std::string& issuer,
                              std::vector<std::string> audiences = {"notes"}) {
    return tokens.Make([&](jose::AccessTokenClaims& claims) {
      claims.issuer = issuer;
      claims.audiences = std::move(audiences);
    });
  }

  static constexpr errors::Reason kNone = reasons::REASON_UNSPECIFIED;
  fakes::FakeClock clock_;
  Tokens tokens_{clock_}, partner_{clock_};
  std::shared_ptr<Trust> trust_, partner_trust_;
  GuardOptions options_;
  SyncCalls service_;
  std::unique_ptr<Guard> guard_;
  int port_ = 0;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(Issuers, EachVerifiesItsOwnTokensAndTheCallerTellsWhose) {
  Start();
  for (int i = 0; i < 2; ++i) {  // then from the cache
    const auto own = guard_->VerifyToken(tokens_.Make());
    ASSERT_TRUE(own.ok()) << own.status();
    EXPECT_EQ(own->issuer(), kIssuer);
    const auto other = guard_->VerifyToken(Claiming(partner_, kPartner));
    ASSERT_TRUE(other.ok()) << other.status();
    EXPECT_EQ(other->issuer(), kPartner);
    EXPECT_EQ(other->subject(), own->subject()) << "the same name, and not the same person";
  }
}

TEST_F(Issuers, NoKeyOfOneVerifiesATokenOfAnother) {
  Start();
  EXPECT_EQ(ReasonOf(Claiming(tokens_, kPartner)), reasons::TOKEN_UNKNOWN_KEY);
  EXPECT_EQ(ReasonOf(Claiming(partner_, kIssuer, {kAudience})), reasons::TOKEN_UNKNOWN_KEY);
  // Also when both have a key of the same name.
  std::string jwks = partner_.Jwks();
  jwks.replace(jwks.find(partner_.kid()), partner_.kid().size(), tokens_.kid());
  ASSERT_TRUE(partner_trust_->PublishKeys(jwks).ok());
  EXPECT_EQ(ReasonOf(Claiming(tokens_, kPartner)), reasons::TOKEN_BAD_SIGNATURE);
  EXPECT_EQ(ReasonOf(tokens_.Make()), kNone);
}

TEST_F(Issuers, TheNameIsComparedExactly) {
  Start();
  const std::string name = kPartner;
  for (const std::string& other :
       {name + "/", name + "x", name.substr(0, name.size() - 1), "HTTPS" + name.substr(5),
        std::string("https://ID.partner.example"), " " + name, "http" + name.substr(5),
        std::string(kIssuer) + "/"}) {
    EXPECT_EQ(ReasonOf(Claiming(partner_, other)), reasons::TOKEN_WRONG_ISSUER) << other;
    EXPECT_EQ(ReasonOf(Claiming(tokens_, other)), reasons::TOKEN_WRONG_ISSUER) << other;
  }
}

TEST_F(Issuers, JunkIsRefusedAsWithOne) {
  Start();
  EXPECT_EQ(ReasonOf("x.y.z"), reasons::TOKEN_MALFORMED);
  EXPECT_EQ(ReasonOf(std::string(8000, '.')), reasons::TOKEN_MALFORMED);
  EXPECT_EQ(ReasonOf(tokens_.Unsigned()), reasons::TOKEN_BAD_SIGNATURE);
  EXPECT_EQ(ReasonOf(tokens_.Forged()), reasons::TOKEN_BAD_SIGNATURE);
  EXPECT_EQ(ReasonOf(tokens_.Expired()), reasons::TOKEN_EXPIRED);
}

TEST_F(Issuers, AnAudienceIsOnlyTheirsWhoMayIssueForIt) {
  options_.more_issuers[0].audiences = {"notes", "billing"};
  Start();
  EXPECT_EQ(Say("Unary", Claiming(partner_, kPartner, {"notes"})), kNone);
  EXPECT_EQ(Say("Unary", Claiming(partner_, kPartner, {kAudience})), reasons::TOKEN_WRONG_AUDIENCE);
  EXPECT_EQ(Say("Unary", Claiming(tokens_, kIssuer, {"notes"})), reasons::TOKEN_WRONG_AUDIENCE);
  // A rule's audience.
  EXPECT_EQ(Say("Billing", Claiming(partner_, kPartner, {"billing"})), kNone);
  EXPECT_EQ(Say("Billing", Claiming(tokens_, kIssuer, {"billing"})), kNone);
  EXPECT_EQ(Say("Billing", Claiming(partner_, kPartner, {"notes"})), reasons::TOKEN_WRONG_AUDIENCE);
}

TEST_F(Issuers, ARulesAudienceThatIsNotTheirsIsNotGranted) {
  Start();
  EXPECT_EQ(Say("Billing", Claiming(partner_, kPartner, {"notes", "billing"})),
            reasons::TOKEN_WRONG_AUDIENCE);
  EXPECT_EQ(Say("Billing", Claiming(tokens_, kIssuer, {"billing"})), kNone);
}

TEST_F(Issuers, RevocationsCountForTheirOwnTokensOnly) {
  Start();
  const std::string own = tokens_.Make(), other = Claiming(partner_, kPartner);
  ASSERT_EQ(ReasonOf(own), kNone);
  ASSERT_EQ(ReasonOf(other), kNone);
  Revocation revocation;
  revocation.session_id = "s-ada";  // both tokens say so
  revocation.end_time = clock_.Now() + minutes(16);
  partner_trust_->AddRevocations({revocation});
  EXPECT_EQ(ReasonOf(other), reasons::TOKEN_REVOKED);
  EXPECT_EQ(ReasonOf(own), kNone);
}

TEST_F(Issuers, OneWhoIsSilentForTooLongCostsTheOthersNothing) {
  Start();
  const auto lasting = [](const Tokens& tokens, const std::string& issuer, const char* audience) {
    return tokens.Make([&](jose::AccessTokenClaims& claims) {
      claims.issuer = issuer;
      claims.audiences = {audience};
      claims.expire_time += hours(72);
    });
  };
  const std::string own = lasting(tokens_, kIssuer, kAudience);
  const std::string other = lasting(partner_, kPartner, "notes");
  clock_.Advance(seconds(31));
  trust_->Confirm();
  EXPECT_EQ(Say("Fresh", own), kNone);
  EXPECT_EQ(Say("Fresh", other), reasons::TRUST_STALE);
  EXPECT_EQ(Say("Unary", other), kNone);
  clock_.Advance(hours(24));
  trust_->Confirm();
  EXPECT_EQ(Say("Unary", own), kNone);
  EXPECT_EQ(Say("Unary", other), reasons::TRUST_STALE);
}

TEST_F(Issuers, ReadinessIsAboutOurOwnKeys) {
  guard_ = std::make_unique<Guard>(options_);
  guard_->Protect<v1::Calls>(&service_);
  grpc::ServerBuilder builder;
  auto server = guard_->Start(builder);
  ASSERT_TRUE(server.ok()) << server.status();
  EXPECT_FALSE(guard_->Ready());
  ASSERT_TRUE(trust_->PublishKeys(tokens_.Jwks()).ok());
  EXPECT_TRUE(guard_->Ready()) << "a partner that is away must not keep us from serving our own";
  EXPECT_EQ(ReasonOf(Claiming(partner_, kPartner)), reasons::TRUST_STALE);
  server_ = *std::move(server);
}

TEST_F(Issuers, WhatIsWrongWithThemIsSaidAtOnce) {
  using ::testing::HasSubstr;
  TrustedIssuer nobody;
  TrustedIssuer twice = options_.more_issuers[0];
  TrustedIssuer ours = options_.more_issuers[0];
  ours.issuer = kIssuer;
  ours.audiences = {""};
  ours.trust = std::make_shared<Trust>();
  ours.jwks_file = "/nonexistent/jwks.json";
  options_.more_issuers.insert(options_.more_issuers.end(), {nobody, twice, ours});
  options_.guard_id = "the pod of Ada";
  Guard guard(options_);
  guard.Protect<v1::Calls>(&service_);
  grpc::ServerBuilder builder;
  const auto server = guard.Start(builder);
  ASSERT_FALSE(server.ok());
  std::vector<std::string> faults;
  for (const auto& fault : errors::FaultsOf(server.status())) {
    faults.push_back(fault.field + ": " + fault.description);
  }
  EXPECT_THAT(faults,
              ::testing::UnorderedElementsAre(
                  HasSubstr("guard_id: must be"), HasSubstr("more_issuers[1].issuer: is needed"),
                  HasSubstr("more_issuers[1].audiences: at least one"),
                  HasSubstr("more_issuers[1].facade_address, jwks_file, trust: exactly"),
                  HasSubstr("more_issuers[2].issuer: is trusted twice"),
                  HasSubstr("more_issuers[2].trust: is another issuer's"),
                  HasSubstr("more_issuers[3].issuer: is trusted twice"),
                  HasSubstr("more_issuers[3].audiences: at least one"),
                  HasSubstr("more_issuers[3].facade_address, jwks_file, trust: exactly")));
}

}  // namespace
}  // namespace tokenforge::testing
