#include "services/users/password_hash.h"

#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "lib/errors/errors.h"

namespace tokenforge::users {
namespace {

using secret::Secret;

const PasswordHasher& Hasher() {
  static const PasswordHasher hasher(PasswordHasher::kMinCost);
  return hasher;
}

Secret Hash(std::string_view password) {
  auto hash = Hasher().Hash(Secret(password));
  EXPECT_TRUE(hash.ok()) << hash.status();
  return *std::move(hash);
}

bool Matches(std::string_view password, const Secret& stored) {
  const auto matches = Hasher().Matches(Secret(password), &stored);
  EXPECT_TRUE(matches.ok()) << matches.status();
  return *matches;
}

TEST(PasswordHash, MatchesItsOwnPasswordOnly) {
  const Secret stored = Hash("correct horse");
  EXPECT_TRUE(Matches("correct horse", stored));
  EXPECT_FALSE(Matches("correct horsf", stored));
  EXPECT_FALSE(Matches("Correct horse", stored));
  EXPECT_FALSE(Matches("correct horse ", stored));
  EXPECT_FALSE(Matches("correct hors", stored));
  EXPECT_FALSE(Matches("", stored));
}

TEST(PasswordHash, EveryOneOfSeventyTwoBytesCounts) {
  std::string password;
  for (int i = 0; i < 72; ++i) password += static_cast<char>('!' + i);
  const Secret stored = Hash(password);
  ASSERT_TRUE(Matches(password, stored));
  for (std::size_t i = 0; i < password.size(); ++i) {
    std::string other = password;
    other[i] = static_cast<char>(other[i] ^ 1);
    EXPECT_FALSE(Matches(other, stored)) << "byte " << i;
  }
}

TEST(PasswordHash, EveryBitOfABytePastAsciiCounts) {
  const std::string password = "p\xC3\xA4ssw\xC3\xB6rt";
  const Secret stored = Hash(password);
  ASSERT_TRUE(Matches(password, stored));
  for (int bit = 0; bit < 8; ++bit) {
    std::string other = password;
    other[2] = static_cast<char>(other[2] ^ (1 << bit));
    EXPECT_FALSE(Matches(other, stored)) << "bit " << bit;
  }
}

TEST(PasswordHash, NeverCutsWhatIsTooLong) {
  const std::string most(72, 'a');
  const Secret stored = Hash(most);
  EXPECT_FALSE(Matches(most + "a", stored));
  EXPECT_FALSE(Matches(most + std::string(1 << 20, 'a'), stored));
  EXPECT_EQ(errors::ReasonOf(Hasher().Hash(Secret(most + "a")).status()),
            errors::reasons::INVALID_FIELD);
}

TEST(PasswordHash, NeverStopsAtANul) {
  const Secret stored = Hash("password");
  EXPECT_FALSE(Matches(std::string_view("password\0tail", 13), stored));
  EXPECT_FALSE(Matches(std::string_view("password\0", 9), stored));
  EXPECT_EQ(errors::ReasonOf(Hasher().Hash(Secret(std::string_view("password\0", 9))).status()),
            errors::reasons::INVALID_FIELD);
  EXPECT_EQ(errors::ReasonOf(Hasher().Hash(Secret("")).status()), errors::reasons::INVALID_FIELD);
}

TEST(PasswordHash, CarriesItsAlgorithmAndCostAndASaltOfItsOwn) {
  const Secret first = Hash("password");
  const Secret second = Hash("password");
  EXPECT_EQ(first.size(), 60u);
  EXPECT_EQ(first.Expose().substr(0, 7), "$2b$04$");
  EXPECT_NE(first.Expose().substr(0, 29), second.Expose().substr(0, 29));
  EXPECT_TRUE(Matches("password", first));
  EXPECT_TRUE(Matches("password", second));
}

TEST(PasswordHash, ReadsTheCostFromTheStoredTextAndNotFromItsOwnSetting) {
  const PasswordHasher dearer(5);
  const auto stored = dearer.Hash(Secret("password"));
  ASSERT_TRUE(stored.ok());
  EXPECT_EQ(stored->Expose().substr(0, 7), "$2b$05$");
  EXPECT_TRUE(Matches("password", *stored));
}

// The vectors that bcrypt's author and others publish for $2b$: the format is bcrypt, not something
// like it.
TEST(PasswordHash, AgreesWithPublishedVectors) {
  EXPECT_TRUE(
      Matches("U*U", Secret("$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")));
  EXPECT_FALSE(
      Matches("U*V", Secret("$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW")));
}

TEST(PasswordHash, AnswersFalseForNobody) {
  for (const std::string& password : {std::string("decoy"), std::string("password"), std::string(),
                                      std::string(73, 'a'), std::string("a\0b", 3)}) {
    const auto matches = Hasher().Matches(Secret(password), nullptr);
    ASSERT_TRUE(matches.ok());
    EXPECT_FALSE(*matches);
  }
}

TEST(PasswordHash, DoesNotLetTheDecoyPasswordIntoAnyAccount) {
  const Secret stored =
      Hash("decoy");  // what an unhashable password is replaced by while it is compared
  EXPECT_FALSE(Matches("", stored));
  EXPECT_FALSE(Matches(std::string(73, 'd'), stored));
  EXPECT_TRUE(Matches("decoy", stored));
}

TEST(PasswordHash, CallsAForeignOrDamagedHashAFaultAndNotAWrongPassword) {
  for (const char* stored : {"", "*0", "plain", "$1$salt$hash", "$y$j9T$salt$hash",
                             "$2a$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
                             "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
                             "$2b$99$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW"}) {
    const Secret damaged(stored);
    const auto matches = Hasher().Matches(Secret("U*U"), &damaged);
    EXPECT_EQ(errors::ReasonOf(matches.status()), errors::reasons::INTERNAL_FAULT) << stored;
  }
}

TEST(PasswordHash, WorksFromManyThreadsAtOnce) {
  const Secret stored = Hash("password");
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&, i] {
      for (int n = 0; n < 20; ++n) {
        const bool right = (i + n) % 2 == 0;
        EXPECT_EQ(Matches(right ? "password" : "passw0rd", stored), right);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
}

TEST(PasswordHashDeathTest, RefusesACostThatIsNone) {
  EXPECT_DEATH(PasswordHasher(3), "bcrypt cost 3");
  EXPECT_DEATH(PasswordHasher(17), "bcrypt cost 17");
}

}  // namespace
}  // namespace tokenforge::users
