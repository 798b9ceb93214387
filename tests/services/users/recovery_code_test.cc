#include "services/users/recovery_code.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <string>

namespace tokenforge::users {
namespace {

using testing::ElementsAre;
using testing::MatchesRegex;

constexpr char kUser[] = "0190a1b2-0000-7000-8000-000000000001";

TEST(RecoveryCodes, AreTenDifferentOnesInGroups) {
  std::set<std::string> seen;
  for (const secret::Secret& code : NewRecoveryCodes()) {
    const std::string text(code.Expose());
    EXPECT_THAT(text, MatchesRegex("[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}-[A-Z2-7]{4}"));
    seen.insert(text);
  }
  EXPECT_EQ(seen.size(), 10u);
}

TEST(RecoveryCodes, AreTheSameHoweverTheyAreCopied) {
  const auto hash = RecoveryCodeHash(kUser, "ABCD-EFGH-IJKL-MN23");
  ASSERT_TRUE(hash);
  EXPECT_EQ(hash->size(), 64u);
  for (const char* spelling :
       {"abcd-efgh-ijkl-mn23", "ABCDEFGHIJKLMN23", " ABCD EFGH IJKL MN23 ", "ab-CDEFGHIJKLMN2-3"}) {
    EXPECT_EQ(RecoveryCodeHash(kUser, spelling), hash) << spelling;
  }
}

TEST(RecoveryCodes, OfAnotherUserOrWithAnotherCharacterHaveAnotherHash) {
  const auto hash = RecoveryCodeHash(kUser, "ABCD-EFGH-IJKL-MN23");
  EXPECT_NE(RecoveryCodeHash("0190a1b2-0000-7000-8000-000000000002", "ABCD-EFGH-IJKL-MN23"), hash);
  const std::string code = "ABCDEFGHIJKLMN23";
  for (size_t at = 0; at < code.size(); ++at) {
    std::string other = code;
    other[at] = 'Z';
    EXPECT_NE(RecoveryCodeHash(kUser, other), hash) << at;
  }
}

TEST(RecoveryCodes, RefuseWhatCannotBeOne) {
  for (const std::string& text :
       {std::string(), std::string("ABCD-EFGH-IJKL-MN2"), std::string("ABCD-EFGH-IJKL-MN234"),
        std::string("ABCD-EFGH-IJKL-MN21"), std::string("ABCD\nEFGHIJKLMN23"),
        std::string("ABCDEFGHIJKLMN23\0", 17),
        std::string("\xC3\x84"
                    "BCDEFGHIJKLMNO"),
        std::string(1'000'000, 'A')}) {
    EXPECT_FALSE(RecoveryCodeHash(kUser, text)) << text.substr(0, 40);
  }
}

TEST(RecoveryCodes, AreEachUsableOnce) {
  std::vector<std::string> left = {"aa", "bb", "cc"};
  EXPECT_TRUE(UseRecoveryCode(left, "bb"));
  EXPECT_THAT(left, ElementsAre("aa", "cc"));
  EXPECT_FALSE(UseRecoveryCode(left, "bb"));
  EXPECT_FALSE(UseRecoveryCode(left, ""));
  EXPECT_THAT(left, ElementsAre("aa", "cc"));
}

}  // namespace
}  // namespace tokenforge::users
