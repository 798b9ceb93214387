// How an operator changes the rate limits: by flag, environment and file; and every mistake is
// told.
#include "services/sessions/rate_limit_flags.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

#include "lib/config/config.h"
#include "services/sessions/config.h"

namespace tokenforge::sessions {
namespace {

using std::chrono::hours;
using std::chrono::minutes;
using ::testing::AllOf;
using ::testing::HasSubstr;

class RateLimitFlagsTest : public ::testing::Test {
 protected:
  // What is wrong with these; empty: nothing.
  std::string Complaint(const std::vector<std::string>& flags,
                        const config::Environment& environment = {}) {
    config::Parser parser("test", "Test.");
    Declare(parser, &settings_);
    std::vector<const char*> arguments = {"test"};
    for (const std::string& flag : flags) arguments.push_back(flag.c_str());
    std::ostringstream out, err;
    parser.Parse(static_cast<int>(arguments.size()), arguments.data(), environment, out, err);
    return err.str();
  }
  std::string Of(const std::string& policy) {
    return TextOf(*RateLimitsOf(settings_).Find(policy));
  }

  RateLimitSettings settings_;
};

TEST_F(RateLimitFlagsTest, WithoutThemTheDefaultsHold) {
  ASSERT_EQ(Complaint({}), "");
  EXPECT_EQ(RateLimitsOf(settings_).policies(), RateLimits().policies());
  EXPECT_EQ(RateLimitsOf(settings_).lock, LockPolicy());
}

TEST_F(RateLimitFlagsTest, EachChangesOnePolicy) {
  ASSERT_EQ(
      Complaint({"--rate-limit=login_address=7/8/9m", "--rate-limit=second_factor=3/none/1h"}), "");
  EXPECT_EQ(Of("login_address"), "7/8/9m");
  EXPECT_EQ(Of("second_factor"), "3/none/1h");
  EXPECT_EQ(Of("login_account"), "5/5/15m");
}

TEST_F(RateLimitFlagsTest, ComeFromTheEnvironmentAndAFileToo) {
  ASSERT_EQ(Complaint({}, {{"TOKENFORGE_RATE_LIMIT", "login_address=7/8/9m,reset_account=1/1/1h"}}),
            "");
  EXPECT_EQ(Of("login_address"), "7/8/9m");
  EXPECT_EQ(Of("reset_account"), "1/1/1h");
  std::string path = std::filesystem::temp_directory_path() / "tokenforge-flags-XXXXXX";
  close(mkstemp(path.data()));
  std::ofstream(path) << "rate-limit = login_address=1/2/3m\naccount-lock-after = 9\n";
  EXPECT_EQ(Complaint({"--config-file", path}), "");
  std::filesystem::remove(path);
  EXPECT_EQ(Of("login_address"), "1/2/3m");
  EXPECT_EQ(RateLimitsOf(settings_).lock.after, 9);
}

TEST_F(RateLimitFlagsTest, TheLockIsSetByItsOwn) {
  ASSERT_EQ(Complaint({"--account-lock-after=3", "--account-lock-min=2m", "--account-lock-max=4m",
                       "--account-lock-forget=1h"}),
            "");
  EXPECT_EQ(RateLimitsOf(settings_).lock, (LockPolicy{3, minutes(2), minutes(4), hours(1)}));
}

TEST_F(RateLimitFlagsTest, RefreshesAreLimitedByTheSessionsPolicy) {
  Config config;
  EXPECT_EQ(PolicyOf(config).refresh_limit, (TokenPolicy{10, 30, minutes(1)}));
  config.rate_limits.rate_limit = {"refresh_session=2/3/4m"};
  EXPECT_EQ(PolicyOf(config).refresh_limit, (TokenPolicy{2, 3, minutes(4)}));
}

TEST_F(RateLimitFlagsTest, EveryMistakeIsTold) {
  EXPECT_THAT(
      Complaint({"--rate-limit=login=1/1/1m", "--rate-limit=login_account=0/1/0s",
                 "--rate-limit=reset_account=1/1", "--account-lock-min=20m",
                 "--account-lock-forget=1m"}),
      AllOf(HasSubstr("\"login=1/1/1m\" names no policy: there are login_account, login_address"),
            HasSubstr("\"login_account=0/1/0s\" will not do: the burst is"),
            HasSubstr("\"login_account=0/1/0s\" will not do: the period is"),
            HasSubstr("\"reset_account=1/1\" is to be POLICY=BURST/REFILL/PERIOD"),
            HasSubstr("account-lock-min is longer"), HasSubstr("account-lock-forget must be")));
  EXPECT_THAT(Complaint({"--account-lock-after=0"}), HasSubstr("account-lock-after"));
}

}  // namespace
}  // namespace tokenforge::sessions
