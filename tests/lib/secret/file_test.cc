#include "lib/secret/file.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <filesystem>
#include <fstream>
#include <string>

namespace tokenforge::secret {
namespace {

class SecretFileTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (std::filesystem::temp_directory_path() / "secret-XXXXXX").string();
    ASSERT_NE(::mkdtemp(pattern.data()), nullptr);
    folder_ = pattern;
  }
  void TearDown() override { std::filesystem::remove_all(folder_); }

  std::string Write(const std::string& bytes, mode_t mode = 0600) {
    const std::string path = (folder_ / "secret").string();
    std::ofstream(path, std::ios::binary | std::ios::trunc) << bytes;
    EXPECT_EQ(::chmod(path.c_str(), mode), 0);
    return path;
  }

  std::filesystem::path folder_;
};

TEST_F(SecretFileTest, ReadsTheBytesExactly) {
  const std::string bytes("k\0e\ny\n", 6);
  const auto secret = ReadFile(Write(bytes));
  ASSERT_TRUE(secret.ok()) << secret.status();
  EXPECT_EQ(secret->Expose(), bytes);
}

TEST_F(SecretFileTest, ReadLineDropsOneLineEnd) {
  EXPECT_EQ(ReadLine(Write("pass word\n"))->Expose(), "pass word");
  EXPECT_EQ(ReadLine(Write("password\r\n"))->Expose(), "password");
  EXPECT_EQ(ReadLine(Write("password\n\n"))->Expose(), "password\n");
  EXPECT_EQ(ReadLine(Write("password"))->Expose(), "password");
  EXPECT_EQ(ReadLine(Write("\n")).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(SecretFileTest, RefusesAFileThatOthersMayUse) {
  for (const mode_t mode : {0604, 0602, 0601, 0644, 0666}) {
    const auto refused = ReadFile(Write("key", mode));
    EXPECT_EQ(refused.status().code(), absl::StatusCode::kFailedPrecondition) << std::oct << mode;
    EXPECT_NE(refused.status().message().find("chmod o-rwx"), absl::string_view::npos);
  }
  EXPECT_TRUE(ReadFile(Write("key", 0640)).ok());
}

TEST_F(SecretFileTest, FollowsLinksToTheFileItself) {
  const std::string target = Write("key", 0400);
  const std::string link = (folder_ / "link").string();
  ASSERT_EQ(::symlink(target.c_str(), link.c_str()), 0);
  EXPECT_EQ(ReadFile(link)->Expose(), "key");
  Write("key", 0644);
  EXPECT_FALSE(ReadFile(link).ok());
}

TEST_F(SecretFileTest, RefusesWhatIsNoSecretFile) {
  EXPECT_EQ(ReadFile((folder_ / "absent").string()).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadFile(folder_.string()).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadFile(Write("")).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(ReadFile(Write("123456"), 5).status().code(), absl::StatusCode::kInvalidArgument);
  EXPECT_TRUE(ReadFile(Write("12345"), 5).ok());
  const std::string fifo = (folder_ / "fifo").string();
  ASSERT_EQ(::mkfifo(fifo.c_str(), 0600), 0);
  EXPECT_EQ(ReadFile(fifo).status().code(), absl::StatusCode::kInvalidArgument);
}

TEST_F(SecretFileTest, MessageNamesTheFileAndHoldsNoSecret) {
  const std::string path = Write("hunter2-hunter2", 0644);
  const std::string message{ReadFile(path).status().message()};
  EXPECT_NE(message.find(path), std::string::npos);
  EXPECT_EQ(message.find("hunter2"), std::string::npos);
}

}  // namespace
}  // namespace tokenforge::secret
