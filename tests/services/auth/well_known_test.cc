#include "services/auth/well_known.h"

#include <gtest/gtest.h>
#include <httplib.h>
#include <rapidjson/document.h>

#include <memory>

#include "services/auth/discovery.h"
#include "tests/fakes/fake_clock.h"
#include "tests/services/auth/fake_keys.h"
#include "tokenforge/trust.h"

namespace tokenforge::auth {
namespace {

constexpr const char* kIssuer = "http://127.0.0.1:7080";
constexpr const char* kJwksPath = "/.well-known/jwks.json";

class WellKnownTest : public ::testing::Test {
 protected:
  WellKnownTest() {
    ServeWellKnown(server_, hub_, kIssuer);
    EXPECT_TRUE(server_.Start().ok());
    client_ = std::make_unique<httplib::Client>("127.0.0.1", server_.port());
  }
  rapidjson::Document GetJson(const std::string& path) {
    const auto answer = client_->Get(path.c_str());
    rapidjson::Document document;
    if (answer) document.Parse(answer->body.c_str());
    return document;
  }

  fakes::FakeClock clock_;
  testing::FakeKeys keys_{kIssuer};
  TrustHub hub_{kIssuer, std::make_shared<Trust>(), clock_};
  operators::HttpServer server_{operators::HttpOptions{}};
  std::unique_ptr<httplib::Client> client_;
};

TEST_F(WellKnownTest, AnswersUnavailableUntilKeysAreKnown) {
  const auto answer = client_->Get(kJwksPath);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 503);
  EXPECT_EQ(answer->get_header_value("Cache-Control"), "no-store");
  EXPECT_EQ(answer->get_header_value("Retry-After"), "1");
}

TEST_F(WellKnownTest, ServesTheKeySetForCaches) {
  ASSERT_TRUE(hub_.PublishKeys(1, keys_.jwks()).ok());
  const auto answer = client_->Get(kJwksPath);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, keys_.jwks());
  EXPECT_EQ(answer->get_header_value("Content-Type"), "application/jwk-set+json");
  EXPECT_EQ(answer->get_header_value("Cache-Control"), "public, max-age=300, stale-if-error=86400");
  const std::string etag = answer->get_header_value("ETag");
  EXPECT_TRUE(etag.size() > 2 && etag.front() == '"' && etag.back() == '"') << etag;
}

TEST_F(WellKnownTest, AnswersNotModifiedUntilTheKeysChange) {
  ASSERT_TRUE(hub_.PublishKeys(1, keys_.jwks()).ok());
  const std::string etag = client_->Get(kJwksPath)->get_header_value("ETag");
  auto answer = client_->Get(kJwksPath, {{"If-None-Match", "\"other\", W/" + etag}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 304);
  EXPECT_EQ(answer->body, "");
  EXPECT_EQ(answer->get_header_value("ETag"), etag);

  keys_.Rotate();
  ASSERT_TRUE(hub_.PublishKeys(2, keys_.jwks()).ok());
  answer = client_->Get(kJwksPath, {{"If-None-Match", etag}});
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_NE(answer->get_header_value("ETag"), etag);
}

TEST_F(WellKnownTest, AnswersHeadLikeGetWithoutABody) {
  ASSERT_TRUE(hub_.PublishKeys(1, keys_.jwks()).ok());
  const auto answer = client_->Head(kJwksPath);
  ASSERT_TRUE(answer);
  EXPECT_EQ(answer->status, 200);
  EXPECT_EQ(answer->body, "");
  EXPECT_FALSE(answer->get_header_value("ETag").empty());
}

TEST_F(WellKnownTest, KeepsTheFormerKeysWhenANewSetIsUnusable) {
  ASSERT_TRUE(hub_.PublishKeys(1, keys_.jwks()).ok());
  EXPECT_FALSE(hub_.PublishKeys(2, "{not json").ok());
  EXPECT_FALSE(hub_.PublishKeys(2, R"({"keys":[]})").ok());
  EXPECT_EQ(client_->Get(kJwksPath)->body, keys_.jwks());
}

TEST_F(WellKnownTest, DescribesTheIssuerToStandardClients) {
  for (const char* path :
       {"/.well-known/openid-configuration", "/.well-known/oauth-authorization-server"}) {
    const rapidjson::Document document = GetJson(path);
    ASSERT_TRUE(document.IsObject()) << path;
    EXPECT_STREQ(document["issuer"].GetString(), kIssuer);
    EXPECT_STREQ(document["jwks_uri"].GetString(), "http://127.0.0.1:7080/.well-known/jwks.json");
    // Required by OpenID Connect Discovery 1.0 section 3; an empty array would break the same
    // section.
    for (const char* url : {"authorization_endpoint", "token_endpoint"}) {
      EXPECT_TRUE(document.HasMember(url) && document[url].IsString()) << url;
    }
    for (const char* list : {"response_types_supported", "subject_types_supported",
                             "id_token_signing_alg_values_supported"}) {
      ASSERT_TRUE(document.HasMember(list) && document[list].IsArray()) << list;
      EXPECT_FALSE(document[list].Empty()) << list;
    }
    EXPECT_STREQ(document["id_token_signing_alg_values_supported"][0].GetString(), "RS256");
  }
}

TEST_F(WellKnownTest, SaysAtTheEndpointsThatTokensComeOverGrpc) {
  for (const char* path : {"/oauth2/authorize", "/oauth2/token"}) {
    const auto answer = client_->Get(path);
    ASSERT_TRUE(answer);
    EXPECT_EQ(answer->status, 400);
    rapidjson::Document error;
    error.Parse(answer->body.c_str());
    ASSERT_TRUE(error.IsObject());
    EXPECT_TRUE(error.HasMember("error"));
  }
}

TEST(Etag, IsComparedWeaklyAndInLists) {
  EXPECT_TRUE(MatchesEtag("\"a\"", "\"a\""));
  EXPECT_TRUE(MatchesEtag("W/\"a\"", "\"a\""));
  EXPECT_TRUE(MatchesEtag("\"b\" ,\t\"a\"", "\"a\""));
  EXPECT_TRUE(MatchesEtag("*", "\"a\""));
  for (const char* other : {"", ",", "a", "\"b\"", "W/", "\"a\"x", "*x"}) {
    EXPECT_FALSE(MatchesEtag(other, "\"a\"")) << other;
  }
}

TEST(Issuer, IsAUrlWithoutTrailingSlashQueryOrFragment) {
  for (const char* good :
       {"http://127.0.0.1:7080", "https://id.example.org", "https://example.org/tenant"}) {
    EXPECT_EQ(IssuerFault(good), "") << good;
  }
  for (const char* bad : {"", "id.example.org", "ftp://example.org", "https://", "https:///x",
                          "https://example.org/", "https://example.org?x", "https://example.org#x",
                          "https://exa mple.org", "https://example.org/\"x"}) {
    EXPECT_NE(IssuerFault(bad), "") << bad;
  }
}

TEST(Issuer, MayHaveAPath) {
  EXPECT_EQ(IssuerPath("https://example.org"), "");
  EXPECT_EQ(IssuerPath("https://example.org:8443/a/b"), "/a/b");
}

}  // namespace
}  // namespace tokenforge::auth
