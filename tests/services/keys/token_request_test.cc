#include "services/keys/token_request.h"

#include <gtest/gtest.h>

#include <functional>
#include <string>

#include "lib/errors/errors.h"
#include "tests/fakes/fake_clock.h"

namespace tokenforge::keys {
namespace {

using std::chrono::seconds;

constexpr char kJti[] = "0b3f8b1e-5f0e-4f1c-9a53-0d8a3f2f7a11";

v1::SignTokenRequest Good() {
  v1::SignTokenRequest request;
  auto& claims = *request.mutable_claims();
  claims.set_sub("5d0c3c0e-9f3b-4a4e-8a52-2f2b8f0f8c55");
  claims.set_sid("1b9d6bcd-bbfd-4b2d-9b5d-ab8dfbbd4bed");
  claims.add_aud("tokenforge");
  claims.set_client_id("spiffe://example.org/app");
  claims.add_roles("admin");
  claims.set_scope("notes.read notes.write");
  claims.set_email("ada@example.org");
  claims.mutable_auth_time()->set_seconds(1'799'999'000);
  claims.add_amr("pwd");
  return request;
}

class TokenRequestTest : public ::testing::Test {
 protected:
  absl::StatusOr<jose::AccessTokenClaims> Claims(const v1::SignTokenRequest& request) {
    return ClaimsOf(request, policy_, clock_.Now(), kJti);
  }
  // The only fault's field; or what else happened.
  std::string FaultAt(const v1::SignTokenRequest& request) {
    const auto claims = Claims(request);
    if (claims.ok()) return "accepted";
    const auto faults = errors::FaultsOf(claims.status());
    return faults.size() == 1 ? faults[0].field : claims.status().ToString();
  }
  fakes::FakeClock clock_;
  TokenPolicy policy_{"https://id.example.org", seconds(900)};
};

TEST_F(TokenRequestTest, TakesEveryClaimOver) {
  const auto claims = Claims(Good()).value();
  EXPECT_EQ(claims.issuer, "https://id.example.org");
  EXPECT_EQ(claims.subject, "5d0c3c0e-9f3b-4a4e-8a52-2f2b8f0f8c55");
  EXPECT_EQ(claims.audiences, std::vector<std::string>{"tokenforge"});
  EXPECT_EQ(claims.client_id, "spiffe://example.org/app");
  EXPECT_EQ(claims.roles, std::vector<std::string>{"admin"});
  EXPECT_EQ(claims.scope, "notes.read notes.write");
  EXPECT_EQ(claims.email, "ada@example.org");
  EXPECT_EQ(claims.amr, std::vector<std::string>{"pwd"});
  EXPECT_EQ(claims.token_id, kJti);
  EXPECT_EQ(claims.auth_time->time_since_epoch(), seconds(1'799'999'000));
}

TEST_F(TokenRequestTest, TimesAreWholeSecondsOfTheClock) {
  clock_.Advance(std::chrono::milliseconds(999));
  const auto claims = Claims(Good()).value();
  EXPECT_EQ(claims.issue_time.time_since_epoch(), seconds(1'800'000'000));
  EXPECT_EQ(claims.not_before, claims.issue_time);
  EXPECT_EQ(claims.expire_time - claims.issue_time, seconds(900));
}

TEST_F(TokenRequestTest, ShorterLifeIsAllowedAndALongerOneIsNot) {
  v1::SignTokenRequest request = Good();
  request.mutable_ttl()->set_seconds(60);
  EXPECT_EQ(Claims(request)->expire_time - Claims(request)->issue_time, seconds(60));
  request.mutable_ttl()->set_seconds(900);
  EXPECT_TRUE(Claims(request).ok());
  request.mutable_ttl()->set_nanos(1);
  EXPECT_EQ(FaultAt(request), "ttl");
  for (const int64_t bad : {int64_t{901}, int64_t{0}, int64_t{-1}, INT64_MAX, INT64_MIN}) {
    request.mutable_ttl()->set_nanos(0);
    request.mutable_ttl()->set_seconds(bad);
    EXPECT_EQ(FaultAt(request), "ttl") << bad;
  }
}

TEST_F(TokenRequestTest, ServiceTokenNeedsNoSessionRolesOrEmail) {
  v1::SignTokenRequest request;
  request.mutable_claims()->set_sub("spiffe://example.org/batch");
  request.mutable_claims()->add_aud("reports");
  request.mutable_claims()->set_client_id("spiffe://example.org/batch");
  EXPECT_TRUE(Claims(request).ok()) << Claims(request).status();
}

TEST_F(TokenRequestTest, EveryFaultIsToldAtOnce) {
  v1::SignTokenRequest request;
  request.mutable_claims()->set_sid("not a uuid");
  request.mutable_claims()->add_roles("");
  request.mutable_ttl()->set_seconds(10'000);
  const auto faults = errors::FaultsOf(Claims(request).status());
  std::vector<std::string> fields;
  for (const auto& fault : faults) fields.push_back(fault.field);
  EXPECT_EQ(fields, (std::vector<std::string>{"claims.sub", "claims.sid", "claims.aud",
                                              "claims.client_id", "claims.roles[0]", "ttl"}));
}

TEST_F(TokenRequestTest, MissingClaimsAreOneFault) {
  EXPECT_EQ(FaultAt(v1::SignTokenRequest()), "claims");
}

struct Change {
  const char* field;
  std::function<void(v1::AccessTokenClaims&)> make;
};

TEST_F(TokenRequestTest, RefusesEachClaimOverItsLimit) {
  using C = v1::AccessTokenClaims;
  const Change table[] = {
      {"claims.sub", [](C& c) { c.set_sub(""); }},
      {"claims.sub", [](C& c) { c.set_sub(std::string(2049, 'a')); }},
      {"claims.sub", [](C& c) { c.set_sub("a\nb"); }},
      {"claims.sub", [](C& c) { c.set_sub(std::string("a\0b", 3)); }},
      {"claims.sid", [](C& c) { c.set_sid("1B9D6BCD-BBFD-4B2D-9B5D-AB8DFBBD4BED"); }},
      {"claims.aud", [](C& c) { c.clear_aud(); }},
      {"claims.aud",
       [](C& c) {
         for (int i = 0; i < 16; ++i) c.add_aud(std::to_string(i));
       }},
      {"claims.aud[1]", [](C& c) { c.add_aud(""); }},
      {"claims.aud[1]", [](C& c) { c.add_aud("tokenforge"); }},
      {"claims.aud[1]", [](C& c) { c.add_aud(std::string(257, 'a')); }},
      {"claims.client_id", [](C& c) { c.set_client_id(""); }},
      {"claims.client_id", [](C& c) { c.set_client_id("app"); }},
      {"claims.roles",
       [](C& c) {
         for (int i = 0; i < 64; ++i) c.add_roles(std::to_string(i));
       }},
      {"claims.roles[1]", [](C& c) { c.add_roles(std::string(65, 'r')); }},
      {"claims.roles[1]", [](C& c) { c.add_roles("admin"); }},
      {"claims.scope", [](C& c) { c.set_scope("a  b"); }},
      {"claims.scope", [](C& c) { c.set_scope(" a"); }},
      {"claims.scope", [](C& c) { c.set_scope("a "); }},
      {"claims.scope", [](C& c) { c.set_scope("a\"b"); }},
      {"claims.scope", [](C& c) { c.set_scope(std::string(2049, 's')); }},
      {"claims.email", [](C& c) { c.set_email(std::string(321, 'e')); }},
      {"claims.auth_time", [](C& c) { c.mutable_auth_time()->set_seconds(1'800'000'031); }},
      {"claims.auth_time", [](C& c) { c.mutable_auth_time()->set_seconds(-1); }},
      {"claims.auth_time", [](C& c) { c.mutable_auth_time()->set_nanos(-1); }},
      {"claims.amr",
       [](C& c) {
         for (int i = 0; i < 8; ++i) c.add_amr(std::to_string(i));
       }},
  };
  for (const Change& row : table) {
    v1::SignTokenRequest request = Good();
    row.make(*request.mutable_claims());
    EXPECT_EQ(FaultAt(request), row.field) << request.ShortDebugString().substr(0, 200);
  }
}

}  // namespace
}  // namespace tokenforge::keys
