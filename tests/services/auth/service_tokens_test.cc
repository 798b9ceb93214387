// IssueServiceToken through the whole façade. Its configuration: /jobs/* may have the scope
// notes.read and tokens for the audience notes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "tests/services/auth/facade_fixture.h"

namespace tokenforge::auth::testing {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

class ServiceTokensTest : public FacadeTest {
 protected:
  grpc::Status Issue(const std::string& peer, const std::string& audience,
                     const std::vector<std::string>& scopes, std::string* token = nullptr) {
    const auto stub = v1::AuthService::NewStub(ChannelAs(peer));
    grpc::ClientContext context;
    Prepare(context, "");
    v1::IssueServiceTokenRequest request;
    request.set_audience(audience);
    for (const std::string& scope : scopes) request.add_scopes(scope);
    v1::IssueServiceTokenResponse response;
    const grpc::Status status = stub->IssueServiceToken(&context, request, &response);
    if (token != nullptr) *token = response.access_token();
    return status;
  }
};

TEST_F(ServiceTokensTest, SpeakForTheServiceThatAsks) {
  std::string token;
  ASSERT_TRUE(Issue("jobs/mailer", "notes", {"notes.read"}, &token).ok());
  const std::string claims = ClaimsJson(token);
  EXPECT_THAT(claims, HasSubstr(R"("sub":"spiffe://example.org/jobs/mailer")"));
  EXPECT_THAT(claims, HasSubstr(R"("client_id":"spiffe://example.org/jobs/mailer")"));
  EXPECT_THAT(claims, HasSubstr(R"("scope":"notes.read")"));
  EXPECT_THAT(claims, HasSubstr(R"("notes")"));
  EXPECT_THAT(claims, Not(HasSubstr(R"("sid")")));
}

TEST_F(ServiceTokensTest, NeedNoRuleForOurOwnAudienceWithoutScopes) {
  std::string token;
  ASSERT_TRUE(Issue("app", "tokenforge", {}, &token).ok());
  // A service's token is none of a person: it opens no session's methods.
  EXPECT_EQ(ReasonOf(WhoAmI(token)), reasons::TOKEN_WRONG_TYPE);
}

TEST_F(ServiceTokensTest, AreGivenOnlyWhatTheConfigurationNames) {
  EXPECT_EQ(ReasonOf(Issue("app", "notes", {})), reasons::PEER_NOT_ALLOWED);
  EXPECT_EQ(ReasonOf(Issue("app", "tokenforge", {"notes.read"})), reasons::PEER_NOT_ALLOWED);
  EXPECT_EQ(ReasonOf(Issue("jobs/mailer", "mail", {})), reasons::PEER_NOT_ALLOWED);
  EXPECT_EQ(ReasonOf(Issue("jobs/mailer", "notes", {"notes.read", "notes.write"})),
            reasons::PEER_NOT_ALLOWED);
  EXPECT_EQ(keys_.faults.Calls("SignToken"), 0);
}

TEST_F(ServiceTokensTest, NeedAnAudienceAndScopesThatAreNames) {
  EXPECT_EQ(ReasonOf(Issue("app", "", {})), reasons::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(Issue("app", "a b", {})), reasons::INVALID_FIELD);
  for (const char* scope : {"", "a b", "a\"b", "a\\b"}) {
    EXPECT_EQ(ReasonOf(Issue("app", "tokenforge", {scope})), reasons::INVALID_FIELD) << scope;
  }
  EXPECT_EQ(ReasonOf(Issue("jobs/x", "notes", {"notes.read", "notes.read"})),
            reasons::INVALID_FIELD);
}

TEST_F(ServiceTokensTest, AreUnavailableWhileKeysAre) {
  keys_.faults.Fail("SignToken", Down());
  const grpc::Status status = Issue("app", "tokenforge", {});
  EXPECT_EQ(ReasonOf(status), reasons::DEPENDENCY_DOWN);
  EXPECT_THAT(status.error_message(), Not(HasSubstr("10.0.0.7")));
}

TEST(ServiceTokenRules, NameEveryEntryThatIsNoGood) {
  const auto rules = ServiceTokenRules::Parse({"a"}, {"/x=s", "nothing", "/x=", "=s"},
                                              {"/x=a b", "http://x=a"}, "example.org");
  EXPECT_EQ(errors::FaultsOf(rules.status()).size(), 5U);
}

TEST(ServiceTokenRules, GiveNothingByDefaultButTheOwnAudiences) {
  const auto rules = ServiceTokenRules::Parse({"a"}, {}, {}, "example.org").value();
  const auto peer = rpc::SpiffeId::Parse("spiffe://example.org/app").value();
  EXPECT_TRUE(rules.AllowsAudience(peer, "a"));
  EXPECT_FALSE(rules.AllowsAudience(peer, "b"));
  EXPECT_FALSE(rules.AllowsScope(peer, "s"));
}

TEST(ServiceTokenRules, MatchPeersAsWholeNames) {
  const auto rules =
      ServiceTokenRules::Parse({}, {"/jobs/*=s", "spiffe://other.org/x=t"}, {}, "example.org")
          .value();
  const auto allows = [&](const char* peer, const char* scope) {
    return rules.AllowsScope(rpc::SpiffeId::Parse(peer).value(), scope);
  };
  EXPECT_TRUE(allows("spiffe://example.org/jobs/a", "s"));
  EXPECT_FALSE(allows("spiffe://example.org/jobs", "s"));
  EXPECT_FALSE(allows("spiffe://example.org/jobs/a/b", "s"));
  EXPECT_FALSE(allows("spiffe://other.org/jobs/a", "s"));
  EXPECT_TRUE(allows("spiffe://other.org/x", "t"));
  EXPECT_FALSE(allows("spiffe://other.org/x", "s"));
}

}  // namespace
}  // namespace tokenforge::auth::testing
