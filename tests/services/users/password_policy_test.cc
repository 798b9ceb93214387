#include "services/users/password_policy.h"

#include <string>

#include "gtest/gtest.h"

namespace tokenforge::users {
namespace {

std::string Repeat(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

TEST(PasswordPolicy, TakesEightCodePointsToSeventyTwoBytes) {
  EXPECT_TRUE(FaultsOfNewPassword("eight888").empty());
  EXPECT_TRUE(FaultsOfNewPassword(Repeat("a", 72)).empty());
  EXPECT_EQ(FaultsOfNewPassword("seven77").weak.size(), 1u);
  EXPECT_EQ(FaultsOfNewPassword(Repeat("a", 73)).weak.size(), 1u);
}

TEST(PasswordPolicy, CountsTheLeastInCodePointsAndTheMostInBytes) {
  const std::string_view kSnowman = "\xE2\x98\x83";            // 3 bytes
  const std::string_view kKey = "\xF0\x9F\x94\x91";            // 4 bytes
  EXPECT_FALSE(FaultsOfNewPassword(Repeat(kKey, 7)).empty());  // 28 bytes, 7 characters
  EXPECT_TRUE(FaultsOfNewPassword(Repeat(kKey, 8)).empty());
  EXPECT_TRUE(FaultsOfNewPassword(Repeat(kSnowman, 24)).empty());   // 72 bytes
  EXPECT_FALSE(FaultsOfNewPassword(Repeat(kSnowman, 25)).empty());  // 75 bytes
}

TEST(PasswordPolicy, HasNoRulesOfCompositionAndTakesSpacesAsTheyAre) {
  for (const char* password : {"aaaaaaaa", "12345678", "        ", "correct horse battery staple",
                               "\t tabs and spaces \n", "p\xC3\xA4ssw\xC3\xB6rt"}) {
    EXPECT_TRUE(FaultsOfNewPassword(password).empty()) << password;
  }
}

TEST(PasswordPolicy, CallsWhatIsNoPasswordInvalidAndWhatIsAPoorOneWeak) {
  EXPECT_EQ(FaultsOfNewPassword("").invalid.size(), 1u);
  EXPECT_EQ(FaultsOfNewPassword("").weak.size(), 0u);
  EXPECT_EQ(FaultsOfNewPassword("long enough \xFF").invalid.size(), 1u);
  EXPECT_EQ(FaultsOfNewPassword(std::string_view("long\0enough", 11)).invalid.size(), 1u);
  EXPECT_EQ(FaultsOfNewPassword(std::string_view("nul\0", 4)).invalid.size(), 1u);
  EXPECT_EQ(FaultsOfNewPassword(std::string_view("nul\0", 4)).weak.size(), 1u);
  EXPECT_EQ(FaultsOfNewPassword("short").invalid.size(), 0u);
}

TEST(PasswordPolicy, RefusesAMegabyteAsTooLong) {
  EXPECT_EQ(FaultsOfNewPassword(std::string(1 << 20, 'a')).weak.size(), 1u);
}

TEST(PasswordPolicy, KnowsWhatTheHashWouldNotSee) {
  EXPECT_TRUE(IsHashable("x"));
  EXPECT_TRUE(IsHashable(Repeat("a", 72)));
  EXPECT_FALSE(IsHashable(Repeat("a", 73)));
  EXPECT_FALSE(IsHashable(""));
  EXPECT_FALSE(IsHashable(std::string_view("a\0b", 3)));
}

}  // namespace
}  // namespace tokenforge::users
