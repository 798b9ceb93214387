#include "services/sessions/refresh_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>
#include <random>
#include <set>

#include "lib/errors/errors.h"
#include "lib/secret/random.h"

namespace tokenforge::sessions {
namespace {

using errors::ReasonOf;
using ::testing::HasSubstr;
namespace reasons = errors::reasons;

RefreshTokens TokensOf(std::initializer_list<char> keys) {
  std::vector<secret::Secret> secrets;
  for (const char key : keys) secrets.emplace_back(std::string(32, key));
  return RefreshTokens(std::move(secrets));
}

class RefreshTokenTest : public ::testing::Test {
 protected:
  const RefreshTokens tokens_ = TokensOf({'a'});
  const RefreshClaims claims_{uuid::Uuid::Random(), uuid::Uuid::Random(), 0xfffefdfc};
};

TEST_F(RefreshTokenTest, SaysAgainWhatWasPutIn) {
  const secret::Secret token = tokens_.Encode(claims_);
  EXPECT_THAT(std::string(token.Expose()), ::testing::MatchesRegex("tfr_[A-Za-z0-9_-]+"));
  const auto parsed = tokens_.Parse(token.Expose());
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_EQ(*parsed, claims_);
}

TEST_F(RefreshTokenTest, IsTheSameTextEachTime) {
  EXPECT_TRUE(tokens_.Encode(claims_).Equals(tokens_.Encode(claims_)));
  EXPECT_TRUE(TokensOf({'a', 'b'}).Encode(claims_).Equals(tokens_.Encode(claims_)));
}

TEST_F(RefreshTokenTest, RefusesEveryChangeOfASingleCharacter) {
  const std::string token(tokens_.Encode(claims_).Expose());
  for (size_t at = 0; at < token.size(); ++at) {
    for (const char c : std::string("A_-9z=+/ \n\0t", 12)) {
      std::string changed = token;
      if (changed[at] == c) continue;
      changed[at] = c;
      EXPECT_EQ(ReasonOf(tokens_.Parse(changed).status()), reasons::REFRESH_TOKEN_INVALID)
          << at << " " << int{c};
    }
  }
}

TEST_F(RefreshTokenTest, RefusesAnyOtherLength) {
  const std::string token(tokens_.Encode(claims_).Expose());
  for (size_t size = 0; size < token.size(); ++size) {
    EXPECT_FALSE(tokens_.Parse(token.substr(0, size)).ok()) << size;
  }
  for (const std::string& longer : {token + "A", token + "=", token + std::string(1, '\0'),
                                    token + token, " " + token, std::string(1 << 20, 'A')}) {
    EXPECT_FALSE(tokens_.Parse(longer).ok());
  }
}

TEST_F(RefreshTokenTest, RefusesTheKeysOfOthers) {
  const RefreshTokens other = TokensOf({'b'});
  EXPECT_EQ(ReasonOf(other.Parse(tokens_.Encode(claims_).Expose()).status()),
            reasons::REFRESH_TOKEN_INVALID);
}

TEST_F(RefreshTokenTest, TheFirstKeySignsAndAllVerify) {
  const RefreshTokens changed = TokensOf({'b', 'a'});
  EXPECT_TRUE(changed.Parse(tokens_.Encode(claims_).Expose()).ok());
  EXPECT_FALSE(tokens_.Parse(changed.Encode(claims_).Expose()).ok());
  EXPECT_TRUE(TokensOf({'b'}).Parse(changed.Encode(claims_).Expose()).ok());
}

TEST_F(RefreshTokenTest, RefusalsAllSayTheSame) {
  const auto wrong_key = TokensOf({'b'}).Parse(tokens_.Encode(claims_).Expose()).status();
  EXPECT_EQ(wrong_key.message(), tokens_.Parse("x").status().message());
  EXPECT_EQ(wrong_key.message(), tokens_.Parse("").status().message());
}

class KeyFiles : public ::testing::Test {
 protected:
  KeyFiles() {
    std::string pattern = std::filesystem::temp_directory_path() / "tokenforge-keys-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~KeyFiles() override { std::filesystem::remove_all(folder_); }
  std::string Write(const std::string& name, const std::string& content) {
    const std::string path = folder_ / name;
    std::ofstream(path) << content;
    chmod(path.c_str(), 0600);
    return path;
  }
  std::filesystem::path folder_;
  const std::string hex_ = std::string(32, '6') + std::string(32, '1');
};

TEST_F(KeyFiles, HoldHexadecimalKeys) {
  const auto tokens =
      RefreshTokens::FromFiles({Write("new", hex_ + "\n"), Write("old", std::string(64, 'A'))});
  ASSERT_TRUE(tokens.ok()) << tokens.status();
  const RefreshClaims claims{uuid::Uuid::Random(), uuid::Uuid::Random(), 1};
  EXPECT_TRUE(tokens->Parse(tokens->Encode(claims).Expose()).ok());
}

TEST_F(KeyFiles, AreAllNamedWhenTheyWillNotDo) {
  const auto tokens = RefreshTokens::FromFiles(
      {Write("good", hex_), Write("short", "abc"), Write("twice", hex_), folder_ / "missing"});
  EXPECT_EQ(ReasonOf(tokens.status()), reasons::INVALID_FIELD);
  for (const char* name : {"short", "twice", "missing"}) {
    EXPECT_THAT(std::string(tokens.status().message()), HasSubstr(name));
  }
  EXPECT_THAT(std::string(tokens.status().message()), ::testing::Not(HasSubstr(hex_)));
  EXPECT_FALSE(RefreshTokens::FromFiles({}).ok());
}

}  // namespace
}  // namespace tokenforge::sessions
