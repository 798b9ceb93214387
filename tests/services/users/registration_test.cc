#include "services/users/registration.h"

#include <algorithm>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "gtest/gtest.h"
#include "lib/errors/errors.h"

namespace tokenforge::users {
namespace {

using testing::UnorderedElementsAre;

constexpr std::string_view kId = "0191f3a2-7c4b-7d11-8a3e-52c0de9f1b77";

RegistrationForm Good() {
  return {.user_id = kId,
          .email = "Ann@Example.org",
          .password = "correct horse",
          .given_name = "Ann",
          .family_name = "O'Neill"};
}

std::vector<std::string> FaultyFields(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const auto& fault : errors::FaultsOf(status)) fields.push_back(fault.field);
  return fields;
}

TEST(Registration, KeepsAGoodFormAsItCame) {
  const auto registration = CheckRegistration(Good(), PasswordPolicy());
  ASSERT_TRUE(registration.ok()) << registration.status();
  EXPECT_EQ(registration->user_id(), kId);
  EXPECT_EQ(registration->email().text(), "ann@example.org");
  EXPECT_EQ(registration->password().Expose(), "correct horse");
  EXPECT_EQ(registration->given_name(), "Ann");
  EXPECT_EQ(registration->family_name(), "O'Neill");
}

TEST(Registration, NamesMayBeEmpty) {
  RegistrationForm form = Good();
  form.given_name = form.family_name = "";
  EXPECT_TRUE(CheckRegistration(form, PasswordPolicy()).ok());
}

TEST(Registration, TellsEveryFaultAtOnce) {
  const std::string long_name(101, 'x');
  const RegistrationForm form{.user_id = "7",
                              .email = "ann",
                              .password = "short",
                              .given_name = long_name,
                              .family_name = "a\x1b[31m"};
  const absl::Status status = CheckRegistration(form, PasswordPolicy()).status();
  EXPECT_EQ(errors::ReasonOf(status), errors::reasons::INVALID_FIELD);
  EXPECT_THAT(FaultyFields(status), UnorderedElementsAre("user_id", "email", "password", "password",
                                                         "given_name", "family_name"));
}

TEST(Registration, CallsOnlyAPasswordWeakWhenNothingElseIsWrong) {
  RegistrationForm form = Good();
  form.password = "short";  // and easy to guess
  absl::Status status = CheckRegistration(form, PasswordPolicy()).status();
  EXPECT_EQ(errors::ReasonOf(status), errors::reasons::WEAK_PASSWORD);
  EXPECT_THAT(FaultyFields(status), UnorderedElementsAre("password", "password"));

  form.password = "o'neill99";
  status = CheckRegistration(form, PasswordPolicy()).status();
  EXPECT_EQ(errors::ReasonOf(status), errors::reasons::WEAK_PASSWORD) << "the owner counts";

  form.password =
      std::string_view("nul\0", 4);  // too short as well: INVALID_FIELD with both faults
  status = CheckRegistration(form, PasswordPolicy()).status();
  EXPECT_EQ(errors::ReasonOf(status), errors::reasons::INVALID_FIELD);
  EXPECT_THAT(FaultyFields(status), UnorderedElementsAre("password", "password"));
}

TEST(Registration, CountsNamesInCodePoints) {
  std::string name;
  for (int i = 0; i < 100; ++i) name += "\xE5\xBC\xA0";
  RegistrationForm form = Good();
  form.given_name = name;
  EXPECT_TRUE(CheckRegistration(form, PasswordPolicy()).ok());
  name += "x";
  form.given_name = name;
  EXPECT_FALSE(CheckRegistration(form, PasswordPolicy()).ok());
}

TEST(Registration, RefusesNamesThatAreCutOrForge) {
  for (const std::string_view name :
       {std::string_view("Ann\0Bob", 7), std::string_view("Ann\nBob"), std::string_view("\xFF"),
        std::string_view("\xE2\x80\xAE"
                         "nnA")}) {
    RegistrationForm form = Good();
    form.family_name = name;
    EXPECT_THAT(FaultyFields(CheckRegistration(form, PasswordPolicy()).status()),
                UnorderedElementsAre("family_name"));
  }
}

TEST(Registration, RefusesIdsInAnySpellingButTheCanonicalOne) {
  for (const std::string_view id :
       {std::string_view(""), std::string_view("0191F3A2-7C4B-7D11-8A3E-52C0DE9F1B77"),
        std::string_view("{0191f3a2-7c4b-7d11-8a3e-52c0de9f1b77}"),
        std::string_view("0191f3a2-7c4b-7d11-8a3e-52c0de9f1b77\0", 37)}) {
    RegistrationForm form = Good();
    form.user_id = id;
    EXPECT_THAT(FaultyFields(CheckRegistration(form, PasswordPolicy()).status()),
                UnorderedElementsAre("user_id"));
  }
}

TEST(Registration, NeverRepeatsThePasswordInAFault) {
  RegistrationForm form = Good();
  form.password = "MARKED\xFF";
  EXPECT_EQ(CheckRegistration(form, PasswordPolicy()).status().ToString().find("MARKED"),
            std::string::npos);
}

}  // namespace
}  // namespace tokenforge::users
