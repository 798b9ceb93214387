// Agreement with others: worked examples of the RFCs, and tokens that nothing of ours made.
#include <gtest/gtest.h>

#include <string>

#include "lib/jose/public_members.h"
#include "tests/lib/jose/issuer.h"
#include "tests/vectors/jose/foreign_tokens.h"
#include "tests/vectors/jose/rfc_examples.h"

namespace tokenforge::jose {
namespace {

TEST(VectorsTest, SignaturesOfTheRfcsVerify) {
  for (const auto& example : vectors::kSignedExamples) {
    const auto key = PublicKey::FromJwk(example.jwk);
    ASSERT_TRUE(key.ok()) << example.source << ": " << key.status();
    const std::string signature = base64url::Decode(example.signature).value();
    EXPECT_TRUE(key->Verify(example.signed_text, signature)) << example.source;
    EXPECT_FALSE(key->Verify(std::string(example.signed_text) + "A", signature)) << example.source;
  }
}

TEST(VectorsTest, ThumbprintsAreThoseOfTheRfcs) {
  const std::string n = base64url::Decode(vectors::kRfc7638Modulus).value();
  EXPECT_EQ(Thumbprint(RsaMembers{n, "\x01" + std::string(1, '\0') + "\x01"}),
            vectors::kRfc7638Thumbprint);
  EXPECT_EQ(Thumbprint(OkpMembers{base64url::Decode(vectors::kRfc8037Key).value()}),
            vectors::kRfc8037Thumbprint);
}

TEST(VectorsTest, TokensOfOthersVerifyAndReadTheSame) {
  for (const auto& foreign : vectors::kForeignTokens) {
    const auto keys = JwkSet::Parse(std::string("{\"keys\":[") + foreign.jwk + "]}");
    ASSERT_TRUE(keys.ok() && keys->keys().size() == 1) << foreign.alg;
    const auto token = TheVerifier().Verify(foreign.token, *keys, kNow);
    ASSERT_TRUE(token.ok()) << foreign.alg << ": " << token.status();
    EXPECT_EQ(token->subject(), "5ba552d6-7c7c-4d1f-8a0e-2b6a9a3c1d10");
    EXPECT_EQ(token->email(), "zo\xc3\xab@example.org");
    EXPECT_TRUE(token->HasRole("admin"));
    EXPECT_TRUE(token->HasScope("notes.write"));
    ASSERT_EQ(token->audiences().size(), 2u);
    EXPECT_EQ(token->audiences()[1], "other");
    ASSERT_EQ(token->amr().size(), 2u);
    EXPECT_EQ(token->amr()[1], "otp");
    EXPECT_EQ(token->auth_time()->time_since_epoch().count(), 1799999990);
    EXPECT_EQ(token->kid(), keys->keys()[0].kid());
  }
}

TEST(VectorsTest, PrivateKeysOfOthersLoadUnderTheSameThumbprint) {
  for (const auto& foreign : vectors::kForeignTokens) {
    const auto published = PublicKey::FromJwk(foreign.jwk);
    const auto key =
        PrivateKey::FromPkcs8(secret::Secret::Take(base64url::Decode(foreign.pkcs8).value()));
    ASSERT_TRUE(published.ok() && key.ok()) << foreign.alg << ": " << key.status();
    EXPECT_EQ(key->kid(), published->kid());
    EXPECT_EQ(key->public_key(), *published);
    EXPECT_TRUE(published->Verify("text", key->Sign("text").value()));
  }
}

}  // namespace
}  // namespace tokenforge::jose
