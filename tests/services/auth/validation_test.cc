#include "services/auth/validation.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "lib/errors/errors.h"
#include "tokenforge/auth/v1/auth.pb.h"

namespace tokenforge::auth {
namespace {

using ::testing::UnorderedElementsAre;
namespace reasons = errors::reasons;

std::vector<std::string> FieldsOf(const absl::Status& status) {
  std::vector<std::string> fields;
  for (const auto& fault : errors::FaultsOf(status)) fields.push_back(fault.field);
  return fields;
}

v1::RegisterRequest Good() {
  v1::RegisterRequest request;
  request.set_email("ada@example.org");
  request.set_password("correct horse");
  request.set_given_name("Ada");
  request.set_family_name("Lovelace");
  request.mutable_device()->set_name("phone");
  request.mutable_device()->set_ip_address("2001:db8::1");
  return request;
}

TEST(Validation, TakesAGoodRegistration) { EXPECT_TRUE(Validate(Good()).ok()); }

TEST(Validation, ListsEveryFaultOfARegistrationAtOnce) {
  v1::RegisterRequest request = Good();
  request.set_email("nobody");
  request.set_password("short");
  request.set_given_name(std::string(101, 'a'));
  request.set_family_name("line\nbreak");
  request.mutable_device()->set_name(std::string(101, 'a'));
  request.mutable_device()->set_user_agent(std::string(401, 'a'));
  request.mutable_device()->set_ip_address("127.0.0.1:80");
  const absl::Status status = Validate(request);
  EXPECT_EQ(errors::ReasonOf(status), reasons::INVALID_FIELD);
  EXPECT_THAT(FieldsOf(status),
              UnorderedElementsAre("email", "password", "given_name", "family_name", "device.name",
                                   "device.user_agent", "device.ip_address"));
}

TEST(Validation, CallsAPasswordWeakOnlyWhenNothingElseIsWrong) {
  v1::RegisterRequest request = Good();
  request.set_password("7 chars");
  EXPECT_EQ(errors::ReasonOf(Validate(request)), reasons::WEAK_PASSWORD);
  request.set_email("");
  EXPECT_EQ(errors::ReasonOf(Validate(request)), reasons::INVALID_FIELD);
}

TEST(Validation, CountsPasswordsInCodePointsBelowAndInBytesAbove) {
  v1::RegisterRequest request = Good();
  std::string umlauts;
  for (int i = 0; i < 8; ++i) umlauts += "ü";
  request.set_password(umlauts);  // 8 code points, 16 bytes
  EXPECT_TRUE(Validate(request).ok());
  request.set_password(umlauts.substr(0, 14));  // 7 code points
  EXPECT_EQ(errors::ReasonOf(Validate(request)), reasons::WEAK_PASSWORD);
  request.set_password(std::string(1024, 'x'));
  EXPECT_TRUE(Validate(request).ok());
  request.set_password(std::string(1025, 'x'));
  EXPECT_EQ(errors::ReasonOf(Validate(request)), reasons::WEAK_PASSWORD);
  std::string many;
  for (int i = 0; i < 65; ++i) many += umlauts;
  request.set_password(many);  // 520, in 1040 bytes
  EXPECT_EQ(errors::ReasonOf(Validate(request)), reasons::WEAK_PASSWORD);
}

TEST(Validation, RefusesNulInPasswordsAndNames) {
  v1::RegisterRequest request = Good();
  request.set_password(std::string("correct\0horse", 13));
  EXPECT_EQ(errors::ReasonOf(Validate(request)), reasons::INVALID_FIELD);
  request = Good();
  request.set_given_name(std::string("A\0da", 4));
  EXPECT_THAT(FieldsOf(Validate(request)), UnorderedElementsAre("given_name"));
}

TEST(Validation, RefusesWhatIsNoAsciiAddress) {
  for (const char* email :
       {"", "ada", "@example.org", "ada@", "ada@@example.org", "a da@example.org",
        "\xC4\xB1@example.org", "ada@example..org", "ada@.example.org", "ada@example.org.",
        "ada@exam\x7Fple.org", "ada\n@example.org"}) {
    v1::RegisterRequest request = Good();
    request.set_email(email);
    EXPECT_THAT(FieldsOf(Validate(request)), UnorderedElementsAre("email")) << email;
  }
}

TEST(Validation, AsksOfALoginOnlyThatItIsOne) {
  v1::LoginRequest request;
  EXPECT_THAT(FieldsOf(Validate(request)), UnorderedElementsAre("email", "password"));
  request.set_email("Ada@EXAMPLE.org");
  request.set_password("x");
  EXPECT_TRUE(Validate(request).ok());
  request.set_password(std::string(4097, 'x'));
  EXPECT_THAT(FieldsOf(Validate(request)), UnorderedElementsAre("password"));
}

// No account can have it, so that the refusal tells nothing of any account.
TEST(Validation, RefusesALoginWithWhatIsNoAddress) {
  v1::LoginRequest request;
  request.set_password("x");
  for (const char* email :
       {"not an address", "ada", "ada@example", "ada@example.org ", "\xC4\xB1@example.org"}) {
    request.set_email(email);
    EXPECT_THAT(FieldsOf(Validate(request)), UnorderedElementsAre("email")) << email;
  }
}

TEST(Validation, AsksForARefreshTokenOfSensibleSize) {
  v1::RefreshRequest request;
  EXPECT_THAT(FieldsOf(Validate(request)), UnorderedElementsAre("refresh_token"));
  request.set_refresh_token(std::string(1025, 'x'));
  EXPECT_THAT(FieldsOf(Validate(request)), UnorderedElementsAre("refresh_token"));
}

TEST(Validation, ASessionIdIsALowerCaseUuid) {
  v1::RevokeSessionRequest request;
  for (const char* id : {"", "1", "0190B5D0-0000-7000-8000-000000000000",
                         "{0190b5d0-0000-7000-8000-000000000000}"}) {
    request.set_session_id(id);
    EXPECT_THAT(FieldsOf(Validate(request)), UnorderedElementsAre("session_id")) << id;
  }
  request.set_session_id("0190b5d0-0000-7000-8000-000000000000");
  EXPECT_TRUE(Validate(request).ok());
}

}  // namespace
}  // namespace tokenforge::auth
