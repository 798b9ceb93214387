// TokenFile: a login is kept whole or not at all, and for its owner alone.
#include "cli/token_file.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <csignal>
#include <filesystem>
#include <fstream>

namespace tokenforge::cli {
namespace {

using ::testing::HasSubstr;

class TokenFile : public testing::Test {
 protected:
  TokenFile()
      : folder_(testing::TempDir() + "/tokens-" +
                testing::UnitTest::GetInstance()->current_test_info()->name()) {
    std::filesystem::remove_all(folder_);
  }
  ~TokenFile() override { std::filesystem::remove_all(folder_); }

  static auth::v1::Tokens Some(const std::string& access) {
    auth::v1::Tokens tokens;
    tokens.set_access_token(access);
    tokens.set_refresh_token("tfr_" + access);
    tokens.set_session_id("s");
    tokens.mutable_access_expire_time()->set_seconds(1'800'000'000);
    return tokens;
  }
  absl::Status Keep(const auth::v1::Tokens& tokens) const {
    const auto place = NewTokens::Begin(path_);
    return place.ok() ? (*place)->Commit(tokens) : place.status();
  }
  void Write(const std::string& text, mode_t mode) const {
    std::filesystem::create_directories(folder_);
    std::ofstream(path_) << text;
    ::chmod(path_.c_str(), mode);
  }
  std::ptrdiff_t FilesInFolder() const {
    return std::distance(std::filesystem::directory_iterator(folder_),
                         std::filesystem::directory_iterator());
  }

  const std::string folder_;
  const std::string path_ = folder_ + "/deep/default.tokens";
};

TEST_F(TokenFile, KeepsTokensForTheirOwnerAlone) {
  ASSERT_TRUE(Keep(Some("one")).ok());
  struct stat found{};
  ASSERT_EQ(::stat(path_.c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0600u);
  ASSERT_EQ(::stat((folder_ + "/deep").c_str(), &found), 0);
  EXPECT_EQ(found.st_mode & 0777, 0700u);
  const auto read = ReadTokens(path_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->SerializeAsString(), Some("one").SerializeAsString());
}

TEST_F(TokenFile, ReplacesThemWholeAndLeavesNothingBeside) {
  ASSERT_TRUE(Keep(Some("one")).ok());
  {
    const auto given_up = NewTokens::Begin(path_);
    ASSERT_TRUE(given_up.ok());
  }
  EXPECT_EQ(ReadTokens(path_)->access_token(), "one");
  ASSERT_TRUE(Keep(Some("two")).ok());
  EXPECT_EQ(ReadTokens(path_)->access_token(), "two");
  EXPECT_EQ(std::distance(std::filesystem::directory_iterator(folder_ + "/deep"),
                          std::filesystem::directory_iterator()),
            1);
}

TEST_F(TokenFile, NoneIsNotLoggedIn) {
  EXPECT_EQ(ExitCodeOf(ReadTokens(path_).status()), ExitCode::kNotLoggedIn);
  EXPECT_TRUE(RemoveTokens(path_).ok());
}

TEST_F(TokenFile, IsRefusedWhenOthersMayReadIt) {
  ASSERT_TRUE(Keep(Some("one")).ok());
  for (const mode_t mode : {0640u, 0604u, 0620u, 0601u}) {
    ::chmod(path_.c_str(), mode);
    const auto read = ReadTokens(path_);
    EXPECT_EQ(ExitCodeOf(read.status()), ExitCode::kUsage) << mode;
    EXPECT_THAT(std::string(read.status().message()), HasSubstr("chmod 600"));
  }
}

TEST_F(TokenFile, MayHoldNothingButAnAccessToken) {
  std::filesystem::create_directories(folder_ + "/deep");
  Write("eyJ.e.s\n", 0600);
  const auto read = ReadTokens(path_);
  ASSERT_TRUE(read.ok()) << read.status();
  EXPECT_EQ(read->access_token(), "eyJ.e.s");
  EXPECT_FALSE(read->has_access_expire_time());
}

TEST_F(TokenFile, RefusesWhatIsNoSuchFile) {
  std::filesystem::create_directories(folder_ + "/deep");
  for (const std::string text : {"{\"access_token\":", "{}", "{\"colour\":\"red\"}", ""}) {
    Write(text, 0600);
    EXPECT_EQ(ExitCodeOf(ReadTokens(path_).status()), ExitCode::kUsage) << text;
  }
}

TEST_F(TokenFile, TakesRoomBeforeTheTokensAreThere) {
  ASSERT_TRUE(Keep(Some("one")).ok());
  // No file of this process may grow: as on a full disk.
  std::signal(SIGXFSZ, SIG_IGN);
  rlimit before{};
  ASSERT_EQ(::getrlimit(RLIMIT_FSIZE, &before), 0);
  rlimit none = before;
  none.rlim_cur = 0;
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &none), 0);
  const auto place = NewTokens::Begin(path_);
  ASSERT_EQ(::setrlimit(RLIMIT_FSIZE, &before), 0);
  EXPECT_FALSE(place.ok());
  EXPECT_THAT(std::string(place.status().message()), HasSubstr("cannot be kept in " + path_));
  EXPECT_EQ(ReadTokens(path_)->access_token(), "one");
  EXPECT_EQ(FilesInFolder(), 1);
}

}  // namespace
}  // namespace tokenforge::cli
