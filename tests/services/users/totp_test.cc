#include "services/users/totp.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tokenforge::users {
namespace {

using std::chrono::seconds;
using testing::Eq;
using testing::Optional;

clock::WallTime At(std::int64_t unix_seconds) { return clock::WallTime(seconds(unix_seconds)); }

// RFC 6238, appendix B: the key of the SHA-1 vectors. Its codes have eight digits; six are their
// end.
const secret::Secret kKey("12345678901234567890");

struct Vector {
  std::int64_t time;
  const char* code;
};
constexpr Vector kVectors[] = {{59, "287082"},         {1111111109, "081804"},
                               {1111111111, "050471"}, {1234567890, "005924"},
                               {2000000000, "279037"}, {20000000000, "353130"}};

TEST(Totp, GivesTheCodesOfRfc6238) {
  for (const Vector& vector : kVectors) {
    EXPECT_EQ(TotpCode(kKey, vector.time / 30).Expose(), vector.code) << vector.time;
  }
}

TEST(Totp, FindsTheStepOfNow) {
  for (const Vector& vector : kVectors) {
    if (vector.time > 9'000'000'000) continue;  // a clock of nanoseconds ends in 2262
    EXPECT_EQ(TotpStepAt(At(vector.time)), vector.time / 30);
    EXPECT_THAT(MatchTotp(kKey, vector.code, At(vector.time), 0), Optional(Eq(vector.time / 30)));
  }
}

std::string CodeOf(std::int64_t step) { return std::string(TotpCode(kKey, step).Expose()); }

constexpr std::int64_t kStep = 60'000'000;  // of the year 2027

TEST(Totp, AcceptsAClockThatIsOneStepOffAndNoMore) {
  for (const int second : {0, 29}) {
    const clock::WallTime now = At(kStep * 30 + second);
    EXPECT_EQ(MatchTotp(kKey, CodeOf(kStep - 2), now, 0), std::nullopt);
    EXPECT_THAT(MatchTotp(kKey, CodeOf(kStep - 1), now, 0), Optional(kStep - 1));
    EXPECT_THAT(MatchTotp(kKey, CodeOf(kStep), now, 0), Optional(kStep));
    EXPECT_THAT(MatchTotp(kKey, CodeOf(kStep + 1), now, 0), Optional(kStep + 1));
    EXPECT_EQ(MatchTotp(kKey, CodeOf(kStep + 2), now, 0), std::nullopt);
  }
}

TEST(Totp, RefusesTheStepThatWasUsedAndAllBeforeIt) {
  const clock::WallTime now = At(kStep * 30);
  EXPECT_EQ(MatchTotp(kKey, CodeOf(kStep), now, kStep), std::nullopt);
  EXPECT_EQ(MatchTotp(kKey, CodeOf(kStep - 1), now, kStep), std::nullopt);
  EXPECT_THAT(MatchTotp(kKey, CodeOf(kStep + 1), now, kStep), Optional(kStep + 1));
}

TEST(Totp, RefusesWhatIsNotSixDigits) {
  const clock::WallTime now = At(kStep * 30);
  const std::string code = CodeOf(kStep);
  for (const std::string& wrong : {std::string(), code.substr(1), code + "0", " " + code.substr(1),
                                   code + '\0', std::string("abcdef"), std::string(100'000, '1')}) {
    EXPECT_EQ(MatchTotp(kKey, wrong, now, 0), std::nullopt);
  }
}

TEST(TotpSecret, Has160RandomBits) {
  std::set<std::string> seen;
  for (int i = 0; i < 100; ++i) {
    const secret::Secret secret = NewTotpSecret();
    EXPECT_EQ(secret.size(), 20u);
    seen.insert(std::string(secret.Expose()));
  }
  EXPECT_EQ(seen.size(), 100u);
}

TEST(TotpSecret, IsTypedInAsBase32) {
  EXPECT_EQ(Base32(kKey).Expose(), "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ");
}

TEST(OtpauthUri, HoldsWhatAnAppNeeds) {
  EXPECT_EQ(OtpauthUri("Token Forge", "ada+x@example.org", kKey).Expose(),
            "otpauth://totp/Token%20Forge:ada%2Bx%40example.org?secret="
            "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=Token%20Forge&algorithm=SHA1&digits=6&period="
            "30");
}

TEST(OtpauthUri, LetsNothingOfANameEndItsPlace) {
  const secret::Secret uri = OtpauthUri("A&secret=x:B/C?#%", "a@b.c", kKey);
  EXPECT_EQ(uri.Expose().find("A%26secret%3Dx%3AB%2FC%3F%23%25:a%40b.c?secret=GEZ"), 15u);
}

}  // namespace
}  // namespace tokenforge::users
