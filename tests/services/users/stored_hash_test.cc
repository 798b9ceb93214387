#include "services/users/stored_hash.h"

#include <string>

#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "tests/services/users/foreign_hashes.h"

namespace tokenforge::users {
namespace {

std::string Fault(const std::string& text) {
  const auto parsed = StoredHash::Parse(text);
  if (parsed.ok()) return "";
  EXPECT_EQ(errors::ReasonOf(parsed.status()), errors::reasons::INVALID_FIELD);
  const auto faults = errors::FaultsOf(parsed.status());
  EXPECT_EQ(faults.size(), 1u);
  return faults.empty() ? "?" : faults.front().field + " " + faults.front().description;
}

constexpr const char* kMisspelled = "password_hash is not spelled as hashes of its kind are";
constexpr const char* kWork = "password_hash asks for more work than a login may cost";
constexpr const char* kMemory = "password_hash asks for more than 256 MiB of memory";
constexpr const char* kSalt = "password_hash has a salt that is too short or too long";
constexpr const char* kResult = "password_hash has a result that is too short or too long";

const std::string kBcryptTail = "$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW";
const std::string kB64Of16 = "AAECAwQFBgcICQoLDA0ODw";
const std::string kB64Of32 = "VWv7GkwXJx7zAm0EVDN0S1GXHRg4Up7lJjxYCMst2lk";
const std::string kTail = "$" + kB64Of16 + "$" + kB64Of32;

TEST(StoredHash, TakesWhatOtherImplementationsWrite) {
  for (const ForeignHash& hash : kForeignHashes) {
    EXPECT_EQ(Fault(std::string(hash.text)), "") << hash.made_by;
    EXPECT_TRUE(CheckImportableHash(hash.text).ok()) << hash.made_by;
  }
}

TEST(StoredHash, ReadsParametersAndNotOnlyTheirShape) {
  const auto argon2 = StoredHash::Parse("$argon2i$v=19$m=65536,t=3,p=4" + kTail);
  ASSERT_TRUE(argon2.ok());
  const auto& a = std::get<Argon2Hash>(argon2->form());
  EXPECT_EQ(a.variety, Argon2Hash::Variety::kI);
  EXPECT_EQ(a.version, 0x13u);
  EXPECT_EQ(a.memory_kib, 65536u);
  EXPECT_EQ(a.passes, 3u);
  EXPECT_EQ(a.lanes, 4u);
  EXPECT_EQ(a.salt.size(), 16u);
  EXPECT_EQ(a.result.size(), 32u);
  EXPECT_EQ(argon2->MemoryBytes(), 64u << 20);

  const auto scrypt = StoredHash::Parse("scrypt$saltsalt$16384$8$5$" + kB64Of32 + "=");
  ASSERT_TRUE(scrypt.ok());
  const auto& s = std::get<ScryptHash>(scrypt->form());
  EXPECT_EQ(s.log_n, 14u);
  EXPECT_EQ(s.r, 8u);
  EXPECT_EQ(s.p, 5u);
  EXPECT_EQ(s.salt, "saltsalt");
  EXPECT_GE(scrypt->MemoryBytes(), 16u << 20);

  const auto crypt =
      StoredHash::Parse("$7$56....1....saltysalt$APEQdTVo4qQ64wabrF4lBtEh7Dl0v.C182mzMp/J3Q0");
  ASSERT_TRUE(crypt.ok());
  EXPECT_EQ(std::get<ScryptHash>(crypt->form()).log_n, 7u);
  EXPECT_EQ(std::get<ScryptHash>(crypt->form()).r, 8u);
  EXPECT_EQ(std::get<ScryptHash>(crypt->form()).p, 3u);
  EXPECT_EQ(std::get<ScryptHash>(crypt->form()).salt, "saltysalt");

  const auto bcrypt = StoredHash::Parse("$2y$13" + kBcryptTail);
  ASSERT_TRUE(bcrypt.ok());
  EXPECT_EQ(std::get<BcryptHash>(bcrypt->form()).cost, 13u);
  EXPECT_EQ(std::get<BcryptHash>(bcrypt->form()).setting, "$2b$13$CCCCCCCCCCCCCCCCCCCCC.");
  EXPECT_EQ(bcrypt->MemoryBytes(), 0u);
}

TEST(StoredHash, RefusesKindsThatItDoesNotKnowAndSaysWhichItDoes) {
  for (const std::string text :
       {"", "x", "*0", "plain text", "$1$saltsalt$qjXMvbEw8oaL.CzflDtaK/", "$5$salt$hash",
        "$6$salt$hash", "$y$j9T$salt$hash", "$2x$05", "$2$05", "$argon2d$v=19$m=256,t=2,p=1",
        "$pbkdf2$1000$salt$hash", "$pbkdf2-sha1$1000$salt$hash", "md5$salt$hash", "{SSHA}abc",
        "pbkdf2:sha256$saltsalt$00", "pbkdf2_sha1$1$s$h", "$argon2ID$v=19"}) {
    EXPECT_NE(Fault(text).find("is of no kind that is known: use bcrypt"), std::string::npos)
        << text;
  }
}

TEST(StoredHash, BoundsWhatBcryptMayCost) {
  EXPECT_EQ(Fault("$2b$04" + kBcryptTail), "");
  EXPECT_EQ(Fault("$2b$14" + kBcryptTail), "");
  EXPECT_EQ(Fault("$2b$15" + kBcryptTail), kWork);
  EXPECT_EQ(Fault("$2a$31" + kBcryptTail), kWork);
  EXPECT_EQ(Fault("$2b$99" + kBcryptTail), kWork);
  EXPECT_EQ(Fault("$2b$03" + kBcryptTail), kMisspelled);
}

TEST(StoredHash, BoundsWhatArgon2MayCost) {
  const auto with = [](const std::string& parameters) {
    return Fault("$argon2id$v=19$" + parameters + kTail);
  };
  EXPECT_EQ(with("m=262144,t=4,p=1"), "");
  EXPECT_EQ(with("m=262144,t=5,p=1"), kWork);
  EXPECT_EQ(with("m=262145,t=1,p=1"), kMemory);
  EXPECT_EQ(with("m=4294967295,t=1,p=1"), kWork);
  EXPECT_EQ(with("m=4294967295,t=4294967295,p=1"), kWork);
  EXPECT_EQ(with("m=8,t=131072,p=1"), "");
  EXPECT_EQ(with("m=8,t=131073,p=1"), kWork);
  EXPECT_EQ(with("m=512,t=1,p=64"), "");
  EXPECT_EQ(with("m=520,t=1,p=65"), kWork);
  EXPECT_EQ(with("m=7,t=1,p=1"), kMisspelled) << "RFC 9106 wants 8 KiB a lane";
  EXPECT_EQ(with("m=512,t=1,p=4294967295"), kMisspelled);
}

TEST(StoredHash, BoundsWhatScryptMayCost) {
  const auto with = [](const std::string& parameters) {
    return Fault("$scrypt$" + parameters + kTail);
  };
  EXPECT_EQ(with("ln=17,r=8,p=1"), "");
  EXPECT_EQ(with("ln=13,r=8,p=10"), "");
  EXPECT_EQ(with("ln=17,r=8,p=5"), kWork);
  EXPECT_EQ(with("ln=20,r=4,p=1"), kMemory);
  EXPECT_EQ(with("ln=24,r=8,p=1"), kWork);
  EXPECT_EQ(with("ln=25,r=8,p=1"), kMemory);
  EXPECT_EQ(with("ln=63,r=8,p=1"), kMemory);
  EXPECT_EQ(with("ln=4294967295,r=8,p=1"), kMemory);
  EXPECT_EQ(with("ln=4,r=4294967295,p=1"), kMemory);
  EXPECT_EQ(with("ln=4,r=8,p=4294967295"), kWork);
  EXPECT_EQ(with("ln=10,r=1048576,p=4294967295"), kWork);
  EXPECT_EQ(with("ln=15,r=1,p=1"), "");
  EXPECT_EQ(with("ln=16,r=1,p=1"), kMisspelled) << "RFC 7914: N is less than 2^(128 r / 8)";
}

TEST(StoredHash, BoundsWhatPbkdf2MayCost) {
  const auto with = [](const std::string& iterations, const std::string& tail) {
    return Fault("$pbkdf2-sha256$i=" + iterations + tail);
  };
  EXPECT_EQ(with("1", kTail), "");
  EXPECT_EQ(with("2000000", kTail), "");
  EXPECT_EQ(with("2000001", kTail), kWork);
  EXPECT_EQ(with("4294967295", kTail), kWork);
  EXPECT_EQ(with("4294967296", kTail), kMisspelled);
  const std::string two_blocks = "$" + kB64Of16 + "$" + std::string(44, 'A');  // 33 bytes
  EXPECT_EQ(with("1000000", two_blocks), "");
  EXPECT_EQ(with("1000001", two_blocks), kWork);
}

TEST(StoredHash, BoundsSaltsAndResults) {
  const auto phc = [](const std::string& salt, const std::string& result) {
    return Fault("$pbkdf2-sha256$i=1000$" + salt + "$" + result);
  };
  EXPECT_EQ(phc("AAAA", kB64Of32), kSalt);                 // 3 bytes
  EXPECT_EQ(phc("AAAAAA", kB64Of32), "");                  // 4 bytes
  EXPECT_EQ(phc(std::string(171, 'A'), kB64Of32), "");     // 128 bytes
  EXPECT_EQ(phc(std::string(172, 'A'), kB64Of32), kSalt);  // 129 bytes
  EXPECT_EQ(phc(kB64Of16, std::string(20, 'A')), kResult) << "15 bytes can be hit by chance";
  EXPECT_EQ(phc(kB64Of16, std::string(22, 'A')), "");  // 16 bytes
  EXPECT_EQ(phc(kB64Of16, std::string(86, 'A')), "");  // 64 bytes
  EXPECT_EQ(phc(kB64Of16, std::string(87, 'A')), kResult);
  EXPECT_EQ(Fault("$argon2id$v=19$m=256,t=2,p=1$AAAAAAAAAA$" + kB64Of32), kSalt) << "7 bytes";
  EXPECT_EQ(Fault("$2b$04" + kBcryptTail + std::string(600, 'A')),
            "password_hash is longer than 512 bytes");
}

TEST(StoredHash, TakesEachHashInOneSpellingOnly) {
  for (const std::string& text : std::initializer_list<std::string>{
           "$argon2id$v=19$m=0256,t=2,p=1" + kTail,
           "$argon2id$v=19$m=+256,t=2,p=1" + kTail,
           "$argon2id$v=19$m=256,t=0,p=1" + kTail,
           "$argon2id$v=19$m=256,t=2,p=1, " + kTail,
           "$argon2id$v=19$t=2,m=256,p=1" + kTail,
           "$argon2id$v=19$m=256,t=2" + kTail,
           "$argon2id$v=19$m=256,t=2,p=1,keyid=AAAA" + kTail,
           "$argon2id$v=20$m=256,t=2,p=1" + kTail,
           "$argon2id$v=019$m=256,t=2,p=1" + kTail,
           "$argon2id$v=19$m=256,t=2,p=1" + kTail + "=",
           "$argon2id$v=19$m=256,t=2,p=1" + kTail + "\n",
           "$argon2id$v=19$m=256,t=2,p=1" + kTail + std::string(1, '\0'),
           "$argon2id$v=19$m=256,t=2,p=1" + kTail + "$",
           "$argon2id$v=19$m=256,t=2,p=1$" + kB64Of16 + "$V\xEEv7" + kB64Of32.substr(4),
           "scrypt$salt\xC3\xA4$1024$8$1$" + kB64Of32 + "=",
           "scrypt$salt salt$1024$8$1$" + kB64Of32 + "=",
           "scrypt$" + std::string("salt\0salt", 9) + "$1024$8$1$" + kB64Of32 + "=",
           "$argon2id$v=19$m=256,t=2,p=1$" + kB64Of16 + "$",
           "$argon2id$v=19$m=256,t=2,p=1$$" + kB64Of32,
           "$argon2id$v=19$m=256,t=2,p=1$AAECAwQFBgcICQoLDA0ODx$" + kB64Of32,  // spare bits
           "$scrypt$ln=10,r=8,p=1$" + kB64Of16 + "==$" + kB64Of32,
           "scrypt$saltsalt$1000$8$1$" + kB64Of32 + "=",  // no power of two
           "scrypt$saltsalt$1$8$1$" + kB64Of32 + "=",
           "scrypt$saltsalt$1024$8$1$" + kB64Of32,  // Django pads
           "scrypt:1024:8:1$saltsalt$abc",
           "scrypt:1024:8:1$saltsalt$zz",
           "pbkdf2:sha256:1000$saltsalt$" + std::string(65, '0'),
           "$pbkdf2-sha256$i=1000,l=31" + kTail,
           "$pbkdf2-sha256$i=1000,l=" + kTail,
           "$pbkdf2-sha256$1000$AAAAAA+$" + kB64Of32,  // passlib writes '.'
           std::string("$7$86..../....saltsalt"),
           std::string("$7$86..$AAAA"),
           "$7$86..../....saltsalt$" + std::string(44, 'z'),
           "$7$86..../....saltsalt$" + std::string(42, '.') + "z",  // spare bits
           "$2b$4" + kBcryptTail + "0",
           "$2b$0x" + kBcryptTail,
           "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOe",
           "$2b$05$CCCCCCCCCCCCCCCCCCCCC.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeX",  // spare bits
           "$2b$05$CCCCCCCCCCCCCCCCCCC:C.E5YPO9kmyuRGyh0XouQYb4YMJKvyOeW",
       }) {
    EXPECT_EQ(Fault(text), kMisspelled) << text;
  }
}

TEST(StoredHash, NeverRepeatsTheTextInItsFaults) {
  for (const char* text : {"MARKED", "$2b$MARKED", "$argon2id$MARKED", "scrypt:MARKED",
                           "$pbkdf2-sha256$MARKED", "$7$MARKED"}) {
    EXPECT_EQ(StoredHash::Parse(text).status().ToString().find("MARKED"), std::string::npos);
  }
}

}  // namespace
}  // namespace tokenforge::users
