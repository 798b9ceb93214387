#include "lib/config/values.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/config/config.h"

namespace tokenforge::config {
namespace {

using std::chrono::milliseconds;
using ::testing::ElementsAre;

TEST(Duration, ReadsEachUnit) {
  const std::vector<std::pair<std::string, std::int64_t>> good = {
      {"0", 0},         {"0s", 0},           {"250ms", 250},     {"5s", 5000},
      {"15m", 900'000}, {"24h", 86'400'000}, {"7d", 604'800'000}};
  for (const auto& [text, expected] : good) {
    milliseconds duration{-1};
    EXPECT_TRUE(ParseDuration(text, &duration)) << text;
    EXPECT_EQ(duration.count(), expected) << text;
  }
}

TEST(Duration, RefusesAnythingElse) {
  for (const char* text : {"", "5", "s", "-5s", "+5s", " 5s", "5 s", "5s ", "1.5s", "5S", "5sec",
                           "99999999999999999999s", "9223372036854775807d", "0x5s"}) {
    milliseconds duration{};
    EXPECT_FALSE(ParseDuration(text, &duration)) << text;
  }
}

TEST(Duration, IsWrittenAsItWouldBeRead) {
  for (const char* text : {"0", "1ms", "1500ms", "5s", "90s", "15m", "25h", "7d"}) {
    milliseconds duration{};
    ASSERT_TRUE(ParseDuration(text, &duration));
    EXPECT_EQ(FormatDuration(duration), text);
  }
}

TEST(Address, TakesHostAndPort) {
  std::string value;
  for (const char* text : {"0.0.0.0:7444", "localhost:0", "[::]:65535", "[::1]:80", "a-b.c_d:1"}) {
    EXPECT_EQ(ReadAddress(text, &value), std::nullopt) << text;
    EXPECT_EQ(value, text);
  }
}

TEST(Address, RefusesAnythingElse) {
  std::string value;
  for (const char* text : {"7444", ":7444", "host:", "host:65536", "host:-1", "host:+1", "host:1 ",
                           "::1:80", "[]:80", "a b:1", "host:12x", "http://host:1"}) {
    EXPECT_NE(ReadAddress(text, &value), std::nullopt) << text;
  }
}

TEST(Integer, KeepsToItsBounds) {
  std::int64_t value = 0;
  EXPECT_EQ(ReadInteger("1", 1, 3, &value), std::nullopt);
  EXPECT_EQ(ReadInteger("3", 1, 3, &value), std::nullopt);
  EXPECT_EQ(ReadInteger("4", 1, 3, &value), "a whole number from 1 to 3");
  for (const char* text : {"0", "", "2x", "2.0", " 2", "99999999999999999999"}) {
    EXPECT_NE(ReadInteger(text, 1, 3, &value), std::nullopt) << text;
  }
}

TEST(List, SplitsAtCommasAndRefusesBlankItems) {
  std::vector<std::string> value;
  EXPECT_EQ(ReadList("a, b ,c", &value), std::nullopt);
  EXPECT_THAT(value, ElementsAre("a", "b", "c"));
  EXPECT_EQ(ReadList("", &value), std::nullopt);
  EXPECT_THAT(value, ElementsAre());
  for (const char* text : {"a,", ",a", "a,,b", ","}) {
    EXPECT_NE(ReadList(text, &value), std::nullopt) << text;
  }
}

TEST(Bool, KnowsItsWords) {
  bool value = false;
  for (const char* text : {"true", "yes", "on", "1"}) {
    value = false;
    EXPECT_EQ(ReadBool(text, &value), std::nullopt);
    EXPECT_TRUE(value);
  }
  for (const char* text : {"false", "no", "off", "0"}) {
    value = true;
    EXPECT_EQ(ReadBool(text, &value), std::nullopt);
    EXPECT_FALSE(value);
  }
  for (const char* text : {"", "True", "2", "yes "})
    EXPECT_NE(ReadBool(text, &value), std::nullopt);
}

TEST(Nearest, FindsASlipOfThePenAndNothingFarAway) {
  const std::vector<std::string> known = {"listen", "drain-delay", "tls-key-file"};
  EXPECT_EQ(Nearest("lsiten", known), "listen");
  EXPECT_EQ(Nearest("drain_delay", known), "drain-delay");
  EXPECT_EQ(Nearest("tls-key", known), "");
  EXPECT_EQ(Nearest("colour", known), "");
}

}  // namespace
}  // namespace tokenforge::config
