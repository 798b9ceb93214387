#include "services/sessions/refresh_token.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <filesystem>
#include <fstream>

#include "lib/errors/errors.h"
#include "services/sessions/refresh_keys.h"

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

class KeyFile : public ::testing::Test {
 protected:
  KeyFile() {
    std::string pattern = std::filesystem::temp_directory_path() / "tokenforge-keys-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~KeyFile() override { std::filesystem::remove_all(folder_); }
  absl::StatusOr<std::vector<secret::Secret>> Read(const std::string& content) {
    const std::string path = folder_ / "refresh.keys";
    std::ofstream(path) << content;
    chmod(path.c_str(), 0600);
    return ReadRefreshKeys(path);
  }
  std::filesystem::path folder_;
  // base64 of 32 bytes of 'a', and of 'b'.
  const std::string a_ = "YWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWFhYWE=";
  const std::string b_ = "YmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmJiYmI=";
};

TEST_F(KeyFile, HoldsNamedKeysInTheirOrder) {
  const auto keys = Read("# comment\n\nnew " + a_ + "\r\nold " + b_);
  ASSERT_TRUE(keys.ok()) << keys.status();
  ASSERT_EQ(keys->size(), 2U);
  EXPECT_TRUE((*keys)[0].Equals(std::string(32, 'a')));
  EXPECT_TRUE((*keys)[1].Equals(std::string(32, 'b')));
}

TEST_F(KeyFile, IsRefusedWithEveryFaultAndWithoutAnyKey) {
  const auto keys = Read("one " + a_ + "\ntwo " + a_ + "\n" + b_ + "\n " + b_ + "\nx " +
                         b_.substr(4) + "\nx " + b_ + "=\nx *" + b_.substr(1) + "\n");
  EXPECT_EQ(ReasonOf(keys.status()), reasons::INVALID_FIELD);
  EXPECT_EQ(errors::FaultsOf(keys.status()).size(), 6U);
  EXPECT_THAT(std::string(keys.status().message()), HasSubstr("line 2"));
  EXPECT_THAT(std::string(keys.status().message()), ::testing::Not(HasSubstr("YmJi")));
  EXPECT_EQ(ReasonOf(Read("# nothing\n").status()), reasons::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(ReadRefreshKeys(folder_ / "missing").status()), reasons::INVALID_FIELD);
}

}  // namespace
}  // namespace tokenforge::sessions
