// How an operator says which Redis: every topology, and secrets from files only.
#include "lib/redis/settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <variant>

#include "lib/errors/errors.h"

namespace tokenforge::redis {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

class SettingsTest : public ::testing::Test {
 protected:
  SettingsTest() {
    std::string pattern = std::filesystem::temp_directory_path() / "tokenforge-settings-XXXXXX";
    folder_ = mkdtemp(pattern.data());
  }
  ~SettingsTest() override { std::filesystem::remove_all(folder_); }
  std::string FileWith(const std::string& name, const std::string& text) {
    const std::string path = folder_ + "/" + name;
    std::ofstream(path) << text;
    chmod(path.c_str(), 0600);
    return path;
  }

  std::string folder_;
  Settings settings_{.url = "redis://127.0.0.1:6379"};
};

TEST_F(SettingsTest, TakesEveryTopology) {
  for (const char* url : {"redis://h:1/2", "unix:///run/redis.sock",
                          "redis+sentinel://h:1,g:2/name", "redis+cluster://h:1,g:2"}) {
    settings_.url = url;
    EXPECT_THAT(MistakesIn(settings_), IsEmpty()) << url;
    EXPECT_TRUE(OptionsOf(settings_).ok()) << url;
  }
}

TEST_F(SettingsTest, ReadsEachPasswordFromItsFile) {
  settings_ = {.url = "redis+sentinel://h:1/name",
               .username = "sessions",
               .password_file = FileWith("redis", "one\n"),
               .sentinel_username = "tokenforge",
               .sentinel_password_file = FileWith("sentinel", "two\n")};
  ASSERT_THAT(MistakesIn(settings_), IsEmpty());
  const auto options = OptionsOf(settings_);
  ASSERT_TRUE(options.ok()) << options.status();
  EXPECT_TRUE(std::holds_alternative<SentinelEndpoint>(options->endpoint));
  EXPECT_EQ(options->username, "sessions");
  EXPECT_EQ(options->password->Expose(), "one");
  EXPECT_EQ(options->sentinel_username, "tokenforge");
  EXPECT_EQ(options->sentinel_password->Expose(), "two");
}

TEST_F(SettingsTest, NamesTheFileThatWillNotDo) {
  settings_ = {.url = "redis+sentinel://h:1/name",
               .password_file = FileWith("redis", "one\n"),
               .sentinel_password_file = FileWith("sentinel", "")};
  const auto options = OptionsOf(settings_);
  const auto faults = errors::FaultsOf(options.status());
  ASSERT_EQ(faults.size(), 1U);
  EXPECT_EQ(faults[0].field, "redis-sentinel-password-file");
}

TEST_F(SettingsTest, FindsEveryMistakeAtOnce) {
  settings_ = {.url = "http://h", .username = "sessions", .sentinel_username = "tokenforge"};
  EXPECT_THAT(MistakesIn(settings_),
              ElementsAre(HasSubstr("redis-url"), HasSubstr("redis-username"),
                          HasSubstr("redis-sentinel-username")));
}

TEST_F(SettingsTest, APasswordForSentinelsWithoutSentinelsIsAMistake) {
  settings_.sentinel_password_file = FileWith("sentinel", "two\n");
  EXPECT_THAT(MistakesIn(settings_), ElementsAre(HasSubstr("redis+sentinel://")));
}

}  // namespace
}  // namespace tokenforge::redis
