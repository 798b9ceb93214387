#include "services/users/password_policy.h"

#include <string>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "services/users/password_strength.h"

namespace tokenforge::users {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

std::string Repeat(std::string_view text, int times) {
  std::string all;
  for (int i = 0; i < times; ++i) all += text;
  return all;
}

// Of nobody in particular, by the default rules.
PasswordFaults Faults(std::string_view password) {
  return PasswordPolicy().FaultsOfNew(password, {});
}

// By length alone.
PasswordFaults FaultsOfLength(std::string_view password, std::size_t max_bytes = 72) {
  return PasswordPolicy(
             {.min_code_points = 8, .max_bytes = max_bytes, .min_guesses_log10 = 0, .words = {}})
      .FaultsOfNew(password, {});
}

TEST(PasswordPolicy, TakesEightCodePointsToSeventyTwoBytes) {
  EXPECT_TRUE(FaultsOfLength("eight888").empty());
  EXPECT_TRUE(FaultsOfLength(Repeat("a", 72)).empty());
  EXPECT_EQ(FaultsOfLength("seven77").weak.size(), 1u);
  EXPECT_EQ(FaultsOfLength(Repeat("a", 73)).weak.size(), 1u);
}

TEST(PasswordPolicy, TakesAsMuchAsTheHashReadsAndSaysHowMuchThatIs) {
  EXPECT_TRUE(FaultsOfLength(Repeat("a", 1024), 1024).empty());
  EXPECT_THAT(FaultsOfLength(Repeat("a", 1025), 1024).weak,
              ElementsAre(HasSubstr("at most 1024 bytes")));
  EXPECT_THAT(FaultsOfLength(Repeat("a", 73)).weak, ElementsAre(HasSubstr("at most 72 bytes")));
}

TEST(PasswordPolicy, WantsAsManyCharactersAsItWasTold) {
  const PasswordPolicy policy(
      {.min_code_points = 15, .max_bytes = 72, .min_guesses_log10 = 0, .words = {}});
  EXPECT_THAT(policy.FaultsOfNew("fourteen chars", {}).weak,
              ElementsAre(HasSubstr("at least 15 characters")));
  EXPECT_TRUE(policy.FaultsOfNew("fifteen letters", {}).empty());
}

TEST(PasswordPolicy, CountsTheLeastInCodePointsAndTheMostInBytes) {
  const std::string_view kSnowman = "\xE2\x98\x83";       // 3 bytes
  const std::string_view kKey = "\xF0\x9F\x94\x91";       // 4 bytes
  EXPECT_FALSE(FaultsOfLength(Repeat(kKey, 7)).empty());  // 28 bytes, 7 characters
  EXPECT_TRUE(FaultsOfLength(Repeat(kKey, 8)).empty());
  EXPECT_TRUE(FaultsOfLength(Repeat(kSnowman, 24)).empty());   // 72 bytes
  EXPECT_FALSE(FaultsOfLength(Repeat(kSnowman, 25)).empty());  // 75 bytes
}

TEST(PasswordPolicy, HasNoRulesOfCompositionAndTakesSpacesAsTheyAre) {
  for (const char* password : {"kdjfhgue", "correct horse battery staple", "  lonely  swans  ",
                               "\t tabs and spaces \n", "p\xC3\xA4ssw\xC3\xB6rt", "8273610594"}) {
    EXPECT_TRUE(Faults(password).empty()) << password;
  }
}

TEST(PasswordPolicy, RefusesWhatEverybodyChooses) {
  for (const char* password :
       {"12345678", "123456789", "password", "password1", "Password1", "p4ssw0rd!", "aaaaaaaa",
        "        ", "qwertyuiop", "iloveyou1", "abc12345", "zxcvbnm1", "liverpool1", "sunshine2024",
        "19901231", "abcdefgh", "letmein123", "passwordpassword"}) {
    EXPECT_THAT(Faults(password).weak, ElementsAre(HasSubstr("too easy to guess"))) << password;
    EXPECT_THAT(Faults(password).invalid, IsEmpty()) << password;
  }
}

TEST(PasswordPolicy, RefusesWhatItsOwnersNameOrEmailOrTheServiceGivesAway) {
  const PasswordOwner owner{.email = "zebulon.quakenbush@northwind-traders.example",
                            .given_name = "Zebulon",
                            .family_name = "Van Quakenbush"};
  for (const char* password : {"zebulon1", "Quakenbush", "quakenbush99", "zebulon.quakenbush",
                               "ZEBULON!!", "zebulon.quakenbush@northwind-traders.example",
                               "northwind1", "qu4kenbush", "tokenforge", "TokenForge1"}) {
    EXPECT_THAT(PasswordPolicy().FaultsOfNew(password, owner).weak,
                ElementsAre(HasSubstr("from your email, your name or the name of this service")))
        << password;
  }
  // The same are nothing special for somebody else.
  for (const char* password : {"quakenbush99", "zebulon.quakenbush"}) {
    EXPECT_TRUE(Faults(password).empty()) << password;
  }
}

TEST(PasswordPolicy, TakesAnythingLongEnoughWhenNoScoreIsWanted) {
  EXPECT_TRUE(FaultsOfLength("password").empty());
  const PasswordPolicy strict(
      {.min_code_points = 8, .max_bytes = 72, .min_guesses_log10 = 10, .words = {}});
  EXPECT_FALSE(strict.FaultsOfNew("long enough password", {}).empty());
  EXPECT_TRUE(strict.FaultsOfNew("correct horse battery staple", {}).empty());
}

TEST(PasswordPolicy, CallsWhatIsNoPasswordInvalidAndWhatIsAPoorOneWeak) {
  EXPECT_EQ(Faults("").invalid.size(), 1u);
  EXPECT_EQ(Faults("").weak.size(), 0u);
  EXPECT_EQ(Faults("long enough \xFF").invalid.size(), 1u);
  EXPECT_EQ(Faults(std::string_view("long\0enough", 11)).invalid.size(), 1u);
  EXPECT_EQ(Faults(std::string_view("nul\0", 4)).invalid.size(), 1u);
  EXPECT_EQ(Faults(std::string_view("nul\0", 4)).weak.size(), 1u);
  EXPECT_EQ(Faults("short").invalid.size(), 0u);
}

TEST(PasswordPolicy, TellsEveryFaultAtOnce) {
  EXPECT_THAT(Faults("short").weak,
              ElementsAre(HasSubstr("too short"), HasSubstr("too easy to guess")));
  EXPECT_THAT(Faults(Repeat("a", 73)).weak,
              ElementsAre(HasSubstr("too long"), HasSubstr("too easy to guess")));
}

TEST(PasswordPolicy, JudgesTheBeginningOfALongPasswordOnly) {
  const std::string megabyte(1 << 20, 'a');
  EXPECT_EQ(FaultsOfLength(megabyte).weak.size(), 1u);
  const PasswordPolicy policy(
      {.min_code_points = 8, .max_bytes = kMaxPasswordBytes, .min_guesses_log10 = 6, .words = {}});
  // What cannot be seen from the beginning counts for nothing: the estimate is never too high.
  EXPECT_FALSE(policy.FaultsOfNew(Repeat("a", 64) + "correct horse battery staple", {}).empty());
  EXPECT_TRUE(policy.FaultsOfNew("correct horse battery staple" + Repeat("a", 900), {}).empty());
}

TEST(PasswordStrength, CountsGuessesOnTheScaleOfZxcvbn) {
  EXPECT_LT(StrengthOf("password", {}).log10_guesses, 3);
  EXPECT_LT(StrengthOf("qwertyuiop", {}).log10_guesses, 6);
  EXPECT_LT(StrengthOf("hunter2hunter2", {}).log10_guesses, 8);
  EXPECT_GT(StrengthOf("hunter2hunter2", {}).log10_guesses, 6);
  EXPECT_GT(StrengthOf("Tr0ub4dour&3", {}).log10_guesses, 8);
  EXPECT_GT(StrengthOf("correct horse battery staple", {}).log10_guesses, 10);
  EXPECT_EQ(StrengthOf("", {}).log10_guesses, 0);
}

TEST(PasswordStrength, TellsWhetherItFoundOneOfTheWords) {
  EXPECT_TRUE(StrengthOf("quakenbush", {"Quakenbush"}).from_words);
  EXPECT_FALSE(StrengthOf("quakenbush", {"another", "", "q"}).from_words);
}

}  // namespace
}  // namespace tokenforge::users
