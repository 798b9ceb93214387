// Each function against vectors that its authors published.
#include "services/users/hash_compute.h"

#include <string>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "services/users/password_policy.h"

namespace tokenforge::users {
namespace {

using secret::Secret;

std::string Hex(const absl::StatusOr<Secret>& result) {
  EXPECT_TRUE(result.ok()) << result.status();
  if (!result.ok()) return "";
  const std::string bytes(result->Expose());
  return absl::BytesToHexString(absl::string_view(bytes.data(), bytes.size()));
}

std::string Scrypt(std::string_view password, std::string salt, unsigned log_n, unsigned r,
                   unsigned p) {
  return Hex(ComputeHash(ScryptHash{log_n, r, p, std::move(salt), Secret(std::string(64, '\0'))},
                         password));
}

TEST(HashCompute, ScryptAgreesWithRfc7914) {
  EXPECT_EQ(Scrypt("", "", 4, 1, 1),
            "77d6576238657b203b19ca42c18a0497f16b4844e3074ae8dfdffa3fede21442"
            "fcd0069ded0948f8326a753a0fc81f17e8d3e0fb2e0d3628cf35e20c38d18906");
  EXPECT_EQ(Scrypt("password", "NaCl", 10, 8, 16),
            "fdbabe1c9d3472007856e7190d01e9fe7c6ad7cbc8237830e77376634b373162"
            "2eaf30d92e22a3886ff109279d9830dac727afb94a83ee6d8360cbdfa2cc0640");
  EXPECT_EQ(Scrypt("pleaseletmein", "SodiumChloride", 14, 8, 1),
            "7023bdcb3afd7348461c06cd81fd38ebfda8fbba904f8e3ea9b543f6545da1f2"
            "d5432955613f0fcf62d49705242a9af9e61e85dc0d651e40dfcf017b45575887");
}

TEST(HashCompute, Pbkdf2AgreesWithRfc7914) {
  const auto pbkdf2 = [](std::string_view password, std::string salt, std::uint32_t iterations) {
    return Hex(ComputeHash(Pbkdf2Hash{Pbkdf2Hash::Digest::kSha256, iterations, std::move(salt),
                                      Secret(std::string(64, '\0'))},
                           password));
  };
  EXPECT_EQ(pbkdf2("passwd", "salt", 1),
            "55ac046e56e3089fec1691c22544b605f94185216dde0465e68b9d57c20dacbc"
            "49ca9cccf179b645991664b39d77ef317c71b845b1e30bd509112041d3a19783");
  EXPECT_EQ(pbkdf2("Password", "NaCl", 80000),
            "4ddcd8f60b98be21830cee5ef22701f9641a4418d04c0414aeff08876b34ab56"
            "a1d425a1225833549adb841b51c9b3176a272bdebba1d078478f62b397f33c8d");
}

std::string Argon2(Argon2Hash::Variety variety, unsigned version, unsigned memory_kib,
                   unsigned passes, unsigned lanes, std::string salt = "somesalt") {
  return Hex(ComputeHash(Argon2Hash{variety, version, memory_kib, passes, lanes, std::move(salt),
                                    Secret(std::string(32, '\0'))},
                         "password"));
}

TEST(HashCompute, Argon2AgreesWithTheVectorsOfItsReferenceImplementation) {
  using enum Argon2Hash::Variety;
  EXPECT_EQ(Argon2(kId, 0x13, 256, 2, 1),
            "9dfeb910e80bad0311fee20f9c0e2b12c17987b4cac90c2ef54d5b3021c68bfe");
  EXPECT_EQ(Argon2(kId, 0x13, 256, 2, 2),
            "6d093c501fd5999645e0ea3bf620d7b8be7fd2db59c20d9fff9539da2bf57037");
  EXPECT_EQ(Argon2(kI, 0x13, 256, 2, 1),
            "89e9029f4637b295beb027056a7336c414fadd43f6b208645281cb214a56452f");
  EXPECT_EQ(Argon2(kI, 0x10, 256, 2, 1),
            "fd4dd83d762c49bdeaf57c47bdcd0c2f1babf863fdeb490df63ede9975fccf06");
}

TEST(HashCompute, KnowsWhatEachFunctionWouldNotReadWhole) {
  const StoredHash::Form bcrypt = BcryptHash{};
  const StoredHash::Form argon2 = Argon2Hash{};
  const StoredHash::Form scrypt = ScryptHash{};
  EXPECT_TRUE(ReadsWhole(bcrypt, std::string(72, 'a')));
  EXPECT_FALSE(ReadsWhole(bcrypt, std::string(73, 'a')));
  EXPECT_FALSE(ReadsWhole(bcrypt, std::string_view("a\0b", 3)));
  for (const StoredHash::Form* form : {&argon2, &scrypt}) {
    EXPECT_TRUE(ReadsWhole(*form, std::string(kMaxPasswordBytes, 'a')));
    EXPECT_FALSE(ReadsWhole(*form, std::string(kMaxPasswordBytes + 1, 'a')));
    EXPECT_TRUE(ReadsWhole(*form, std::string_view("a\0b", 3)));
    EXPECT_FALSE(ReadsWhole(*form, ""));
  }
}

TEST(HashCompute, CallsItAFaultWhenALibraryRefuses) {
  EXPECT_EQ(errors::ReasonOf(ComputeHash(BcryptHash{4, "$2b$04$short", Secret("x")}, "p").status()),
            errors::reasons::INTERNAL_FAULT);
}

}  // namespace
}  // namespace tokenforge::users
