#include "services/keys/keys_service.h"

#include <gtest/gtest.h>

#include <set>

#include "lib/errors/errors.h"
#include "lib/jose/base64url.h"
#include "lib/jose/jwk_set.h"
#include "lib/uuid/uuid.h"
#include "tests/services/keys/service_fixture.h"

namespace tokenforge::keys {
namespace {

namespace reasons = errors::reasons;
using errors::ReasonOf;
using KeysServiceTest = ServiceFixture;

TEST_F(KeysServiceTest, SaysThatItHasNoKeysYet) {
  EXPECT_EQ(ReasonOf(Sign(Request()).status()), reasons::DEPENDENCY_DOWN);
  EXPECT_EQ(ReasonOf(Jwks().status()), reasons::DEPENDENCY_DOWN);
  EXPECT_EQ(ReasonOf(Ask(&v1::KeyService::Stub::ListKeys, {}).status()), reasons::DEPENDENCY_DOWN);
}

TEST_F(KeysServiceTest, TokenVerifiesWithThePublishedKeys) {
  ASSERT_TRUE(keeper_.Refresh().ok());
  const auto signed_token = Sign(Request()).value();
  const auto keys = jose::JwkSet::Parse(Jwks()->jwks()).value();
  const std::string& token = signed_token.access_token();
  const size_t dot = token.rfind('.');
  const jose::PublicKey* key = keys.Find(signed_token.kid());
  ASSERT_NE(key, nullptr);
  EXPECT_EQ(keys.FindByHeader(token.substr(0, token.find('.'))), key);
  EXPECT_TRUE(
      key->Verify(token.substr(0, dot), jose::base64url::Decode(token.substr(dot + 1)).value()));
  EXPECT_EQ(signed_token.issue_time().seconds(), 1'800'000'000);
  EXPECT_EQ(signed_token.expire_time().seconds(), 1'800'000'900);
}

TEST_F(KeysServiceTest, EveryTokenHasAnIdOfItsOwn) {
  ASSERT_TRUE(keeper_.Refresh().ok());
  std::set<std::string> ids;
  for (int i = 0; i < 100; ++i) {
    const auto token = Sign(Request()).value();
    EXPECT_TRUE(uuid::IsCanonical(token.jti()));
    ids.insert(token.jti());
  }
  EXPECT_EQ(ids.size(), 100u);
}

TEST_F(KeysServiceTest, TellsEveryFaultOfAClaim) {
  ASSERT_TRUE(keeper_.Refresh().ok());
  const absl::Status status = Sign(v1::SignTokenRequest()).status();
  EXPECT_EQ(ReasonOf(status), reasons::INVALID_FIELD);
  v1::SignTokenRequest request;
  request.mutable_claims()->set_sid("x");
  EXPECT_EQ(errors::FaultsOf(Sign(request).status()).size(), 4u);
}

TEST_F(KeysServiceTest, TokenThatWouldBeTooLargeIsRefused) {
  ASSERT_TRUE(keeper_.Refresh().ok());
  v1::SignTokenRequest request = Request();
  request.mutable_claims()->set_sub(std::string(2048, 's'));
  for (int i = 0; i < 15; ++i) {
    request.mutable_claims()->add_aud(std::string(250, 'a') + std::to_string(i));
  }
  for (int i = 0; i < 32; ++i) {
    request.mutable_claims()->add_roles(std::string(60, 'r') + std::to_string(i));
  }
  EXPECT_EQ(ReasonOf(Sign(request).status()), reasons::INVALID_FIELD);
}

TEST_F(KeysServiceTest, SignsAndPublishesWhileTheStoreIsAway) {
  ASSERT_TRUE(keeper_.Refresh().ok());
  store_.SetAway(true);
  EXPECT_FALSE(keeper_.Refresh().ok());
  EXPECT_TRUE(Sign(Request()).ok());
  EXPECT_TRUE(Jwks().ok());
}

TEST_F(KeysServiceTest, JwksAreNotSentToWhoeverHasThem) {
  ASSERT_TRUE(keeper_.Refresh().ok());
  const auto first = Jwks().value();
  EXPECT_FALSE(first.jwks().empty());
  EXPECT_TRUE(Jwks(first.version())->jwks().empty());
  EXPECT_EQ(Jwks(7)->jwks(), first.jwks());
}

TEST_F(KeysServiceTest, ListsKeysPageByPageWithoutPrivateParts) {
  ASSERT_TRUE(keeper_.Refresh().ok());
  v1::ListKeysRequest request;
  const auto all = Ask(&v1::KeyService::Stub::ListKeys, request).value();
  ASSERT_EQ(all.keys_size(), 2);
  EXPECT_TRUE(all.next_page_token().empty());
  EXPECT_EQ(all.ShortDebugString().find("\\\"d\\\""), std::string::npos);
  request.set_page_size(1);
  const auto first = Ask(&v1::KeyService::Stub::ListKeys, request).value();
  ASSERT_EQ(first.keys_size(), 1);
  EXPECT_EQ(first.keys(0).kid(), all.keys(0).kid());
  request.set_page_token(first.next_page_token());
  const auto second = Ask(&v1::KeyService::Stub::ListKeys, request).value();
  EXPECT_EQ(second.keys(0).kid(), all.keys(1).kid());
  EXPECT_TRUE(second.next_page_token().empty());
  int active = 0;
  for (const auto& key : all.keys()) {
    active += key.state() == v1::ACTIVE ? 1 : 0;
    EXPECT_EQ(key.has_activate_time(), key.state() == v1::ACTIVE);
    EXPECT_EQ(key.create_time().seconds(), 1'800'000'000);
    EXPECT_EQ(key.algorithm(), "ES256");
  }
  EXPECT_EQ(active, 1);
}

TEST_F(KeysServiceTest, BadPageIsRefusedWithAllFaults) {
  ASSERT_TRUE(keeper_.Refresh().ok());
  v1::ListKeysRequest request;
  request.set_page_size(-1);
  request.set_page_token("nobody");
  const absl::Status status = Ask(&v1::KeyService::Stub::ListKeys, request).status();
  EXPECT_EQ(errors::FaultsOf(status).size(), 2u);
}

}  // namespace
}  // namespace tokenforge::keys
