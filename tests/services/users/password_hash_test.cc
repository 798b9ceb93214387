#include "services/users/password_hash.h"

#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "services/users/password_policy.h"
#include "tests/services/users/foreign_hashes.h"

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
                             "$2x$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
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

TEST(PasswordHash, MatchesHashesThatOtherImplementationsMade) {
  for (const ForeignHash& hash : kForeignHashes) {
    const Secret stored(hash.text);
    EXPECT_TRUE(Matches(kForeignPassword, stored)) << hash.made_by;
    EXPECT_FALSE(Matches("correct horse batterz", stored)) << hash.made_by;
    EXPECT_FALSE(Matches("correct horse battery ", stored)) << hash.made_by;
    EXPECT_FALSE(Matches("", stored)) << hash.made_by;
    EXPECT_FALSE(Matches(std::string(1025, 'a'), stored)) << hash.made_by;
  }
}

// Every character belongs to the hash: with any other in its place the text is no hash or another.
TEST(PasswordHash, NoForeignHashWithAChangedCharacterMatches) {
  for (const ForeignHash& hash : kForeignHashes) {
    for (std::size_t i = 0; i < hash.text.size(); ++i) {
      std::string changed(hash.text);
      changed[i] = changed[i] == '5' ? '6' : '5';
      if (i == 2 && changed[0] == '$' && changed[1] == '2') continue;  // one function's names
      if (i == 28 && hash.text.starts_with("$2")) continue;            // of which two bits count
      const auto parsed = StoredHash::Parse(changed);
      if (!parsed.ok() || parsed->MemoryBytes() > 8 << 20) continue;
      const Secret stored(changed);
      const auto matches = Hasher().Matches(Secret(kForeignPassword), &stored);
      EXPECT_TRUE(!matches.ok() || !*matches) << hash.made_by << ", character " << i;
    }
  }
}

TEST(PasswordHash, ReadsEveryByteOfALongPasswordUnlessTheHashIsBcrypt) {
  const PasswordHasher argon2(HashPolicy::Argon2id());
  const std::string most(kMaxPasswordBytes, 'a');
  const auto stored = argon2.Hash(Secret(most));
  ASSERT_TRUE(stored.ok()) << stored.status();
  EXPECT_TRUE(*argon2.Matches(Secret(most), &*stored));
  for (const std::size_t i :
       {std::size_t{0}, std::size_t{71}, std::size_t{72}, std::size_t{1023}}) {
    std::string other = most;
    other[i] = 'b';
    EXPECT_FALSE(*argon2.Matches(Secret(other), &*stored)) << "byte " << i;
  }
  EXPECT_FALSE(*argon2.Matches(Secret(most.substr(1)), &*stored));
  EXPECT_EQ(errors::ReasonOf(argon2.Hash(Secret(most + "a")).status()),
            errors::reasons::INVALID_FIELD);
}

TEST(PasswordHash, HashesAsThePolicySays) {
  const auto prefix = [](const HashPolicy& policy) {
    const auto stored = PasswordHasher(policy).Hash(Secret("password"));
    return stored.ok() ? std::string(stored->Expose()) : stored.status().ToString();
  };
  EXPECT_EQ(prefix(HashPolicy::Bcrypt(5)).substr(0, 7), "$2b$05$");
  const std::string small = prefix(HashPolicy::Argon2id());
  EXPECT_EQ(small.substr(0, 31), "$argon2id$v=19$m=19456,t=2,p=1$");
  EXPECT_EQ(prefix(HashPolicy::Argon2id46()).substr(0, 31), "$argon2id$v=19$m=47104,t=1,p=1$");
  EXPECT_NE(small.substr(0, 53), prefix(HashPolicy::Argon2id()).substr(0, 53)) << "a salt each";
  EXPECT_EQ(small.size(), 31u + 22 + 1 + 43);
}

TEST(PasswordHash, RenewsWhatIsWeakerOrOfAnotherKindAndNothingElse) {
  const PasswordHasher bcrypt(HashPolicy::Bcrypt(5));
  const PasswordHasher argon2(HashPolicy::Argon2id());
  const Secret password(kForeignPassword);
  const std::string tail = "$AAECAwQFBgcICQoLDA0ODw$VWv7GkwXJx7zAm0EVDN0S1GXHRg4Up7lJjxYCMst2lk";
  const std::string salt = "$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
  const auto outdated = [&](const PasswordHasher& hasher, const std::string& text) {
    return hasher.IsOutdated(password, Secret(text));
  };
  EXPECT_TRUE(outdated(bcrypt, "$2b$04" + salt));
  EXPECT_FALSE(outdated(bcrypt, "$2b$05" + salt));
  EXPECT_FALSE(outdated(bcrypt, "$2a$06" + salt));
  EXPECT_TRUE(outdated(bcrypt, "$argon2id$v=19$m=19456,t=2,p=1" + tail));
  EXPECT_TRUE(outdated(argon2, "$2b$14" + salt));
  EXPECT_FALSE(outdated(argon2, "$argon2id$v=19$m=19456,t=2,p=1" + tail));
  EXPECT_FALSE(outdated(argon2, "$argon2id$v=19$m=65536,t=3,p=4" + tail));
  EXPECT_TRUE(outdated(argon2, "$argon2id$v=19$m=19455,t=2,p=1" + tail));
  EXPECT_TRUE(outdated(argon2, "$argon2id$v=19$m=47104,t=1,p=1" + tail));
  EXPECT_TRUE(outdated(argon2, "$argon2i$v=19$m=19456,t=2,p=1" + tail));
  EXPECT_TRUE(outdated(argon2, "$argon2id$v=16$m=19456,t=2,p=1" + tail));
  EXPECT_FALSE(outdated(argon2, "no hash"));
}

TEST(PasswordHash, LeavesAForeignHashWhosePasswordBcryptWouldNotReadWhole) {
  const PasswordHasher bcrypt(HashPolicy::Bcrypt(4));
  const std::string scrypt =
      "$scrypt$ln=4,r=8,p=1$AAECAwQFBgcICQoLDA0ODw$VWv7GkwXJx7zAm0EVDN0S1GXHRg4Up7lJjxYCMst2lk";
  EXPECT_TRUE(bcrypt.IsOutdated(Secret(std::string(72, 'a')), Secret(scrypt)));
  EXPECT_FALSE(bcrypt.IsOutdated(Secret(std::string(73, 'a')), Secret(scrypt)));
}

TEST(PasswordHash, KeepsAllThreadsTogetherWithinTheMemoryThatItWasGiven) {
  const std::uint64_t one = HashPolicy::Argon2id().MemoryBytes();
  const PasswordHasher hasher(HashPolicy::Argon2id(), 2 * one);
  const auto stored = hasher.Hash(Secret("password"));
  ASSERT_TRUE(stored.ok());
  std::vector<std::thread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&] {
      for (int n = 0; n < 2; ++n) {
        EXPECT_TRUE(*hasher.Matches(Secret("password"), &*stored));
        EXPECT_LE(hasher.memory().taken(), 2 * one);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(hasher.memory().taken(), 0u);
}

TEST(PasswordHashDeathTest, RefusesACostThatIsNone) {
  EXPECT_DEATH(PasswordHasher(3), "bcrypt cost 3");
  EXPECT_DEATH(PasswordHasher(15), "bcrypt cost 15");
}

}  // namespace
}  // namespace tokenforge::users
