#include "services/auth/status/access.h"

#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdio>
#include <fstream>
#include <string>

#include "absl/strings/escaping.h"

namespace tokenforge::auth::status {
namespace {

constexpr char kToken[] = "q8Zt2mYw0VbL5rXc9sKe7uGh3dJf6nPa";

class AccessTest : public testing::Test {
 protected:
  ~AccessTest() override { std::remove(path_.c_str()); }
  absl::StatusOr<Access> Written(const std::string& content, mode_t mode = 0600) {
    std::ofstream(path_) << content;
    chmod(path_.c_str(), mode);
    return Access::FromFile(path_);
  }
  static std::string Basic(const std::string& pair) {
    return "Basic " + std::string(absl::Base64Escape(pair));
  }

  const std::string path_ = testing::TempDir() + "status-token-" + std::to_string(getpid());
};

TEST_F(AccessTest, TakesTheTokenAsAPasswordOfAnybody) {
  const auto access = Written(std::string(kToken) + "\n");
  ASSERT_TRUE(access.ok()) << access.status();
  EXPECT_TRUE(access->Admits(Basic(std::string("operator:") + kToken)));
  EXPECT_TRUE(access->Admits(Basic(std::string(":") + kToken)));
  std::string lower = Basic(std::string(":") + kToken);
  lower[0] = 'b';
  EXPECT_TRUE(access->Admits(lower)) << "schemes are case-insensitive (RFC 9110)";
}

TEST_F(AccessTest, RefusesEverythingElse) {
  const auto access = Written(kToken);
  ASSERT_TRUE(access.ok()) << access.status();
  const std::string token = kToken;
  for (const std::string& proof :
       {std::string(), std::string("Basic"), std::string("Basic "), Basic(""), Basic(":"),
        Basic(token), Basic(token + ":"), Basic(":" + token + "x"), Basic(":x" + token),
        Basic(":" + token.substr(1)), Basic("::" + token), std::string("Bearer ") + token,
        std::string("Basic ") + token, Basic(":" + token + std::string(1, '\0')),
        std::string("Basic !!!!"), std::string(100'000, 'A'),
        "Basic " + std::string(100'000, 'A')}) {
    EXPECT_FALSE(access->Admits(proof)) << proof.substr(0, 80);
  }
}

TEST_F(AccessTest, RefusesATokenThatCouldBeFoundByTrying) {
  EXPECT_FALSE(Written("").ok());
  EXPECT_FALSE(Written("\n").ok());
  EXPECT_FALSE(Written(std::string(31, 'a')).ok());
  EXPECT_FALSE(Written(std::string(257, 'a')).ok());
  EXPECT_FALSE(Written(std::string(kToken) + " " + kToken).ok());
  EXPECT_FALSE(Written(std::string(kToken) + "\n" + kToken + "\n").ok());
  EXPECT_TRUE(Written(std::string(32, 'a')).ok());
}

TEST_F(AccessTest, RefusesAFileThatOthersMayRead) {
  EXPECT_FALSE(Written(kToken, 0644).ok());
  EXPECT_FALSE(Access::FromFile(path_ + "-none").ok());
}

}  // namespace
}  // namespace tokenforge::auth::status
