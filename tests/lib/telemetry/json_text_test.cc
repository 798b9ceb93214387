#include "lib/telemetry/json_text.h"

#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <cmath>
#include <limits>

#include "lib/telemetry/random.h"

namespace tokenforge::telemetry {
namespace {

std::string JsonOf(std::string_view text) {
  std::string json;
  AppendJsonString(text, &json);
  return json;
}

std::string NumberOf(double number) {
  std::string json;
  AppendJsonNumber(number, &json);
  return json;
}

TEST(AppendJsonString, EscapesWhatJsonAsksFor) {
  EXPECT_EQ(JsonOf("a\"b\\c\nd\te\x01"), R"("a\"b\\c\nd\te\u0001")");
  EXPECT_EQ(JsonOf(std::string_view("a\0b", 3)), R"("a\u0000b")");
}

TEST(AppendJsonString, KeepsNamesOfEveryScriptReadable) {
  EXPECT_EQ(JsonOf("Жанна 李 é 😀"), "\"Жанна 李 é 😀\"");
}

TEST(AppendJsonString, EscapesWhatDeceivesATerminalOrAReader) {
  EXPECT_EQ(JsonOf("\x1b[2K\x7f"), R"("\u001b[2K\u007f")");
  EXPECT_EQ(JsonOf("\u009b"), R"("\u009b")") << "the C1 form of ESC [";
  EXPECT_EQ(JsonOf("\u202a\u202b\u202c\u202d\u202e"), R"("\u202a\u202b\u202c\u202d\u202e")");
  EXPECT_EQ(JsonOf("\u2066\u2067\u2068\u2069\u2028\u2029"),
            R"("\u2066\u2067\u2068\u2069\u2028\u2029")");
  EXPECT_EQ(JsonOf("\u200b\u200f\u061c\ufeff"), R"("\u200b\u200f\u061c\ufeff")");
}

TEST(AppendJsonString, ReplacesInvalidUtf8) {
  const std::string replacement = "\xef\xbf\xbd";
  EXPECT_EQ(JsonOf("a\xff"), "\"a" + replacement + "\"");
  EXPECT_EQ(JsonOf("\xc0\xaf"), "\"" + replacement + replacement + "\"") << "overlong";
  EXPECT_EQ(JsonOf("\xed\xa0\x80"), "\"" + replacement + replacement + replacement + "\"")
      << "surrogate";
  EXPECT_EQ(JsonOf("\xf4\x90\x80\x80").find('\xf4'), std::string::npos) << "beyond U+10FFFF";
  EXPECT_EQ(JsonOf("\xe2\x82"), "\"" + replacement + replacement + "\"") << "cut short";
  EXPECT_EQ(JsonOf("\xc3\""), "\"" + replacement + "\\\"\"") << "must not swallow the quote";
}

TEST(AppendJsonString, CutsLongText) {
  const std::string json = JsonOf(std::string(kMaxJsonString + 1, 'x'));
  EXPECT_EQ(json, "\"" + std::string(kMaxJsonString, 'x') + "…\"");
  EXPECT_EQ(JsonOf(std::string(kMaxJsonString, 'x')).size(), kMaxJsonString + 2);
}

TEST(AppendJsonString, MakesOneValidLineOfAnyBytes) {
  for (int round = 0; round < 20000; ++round) {
    std::string text(NextRandom() % 40, '\0');
    for (char& c : text) c = static_cast<char>(NextRandom());
    const std::string json = JsonOf(text);
    for (const char c : json) ASSERT_GE(static_cast<unsigned char>(c), 0x20);
    rapidjson::Document document;
    document.Parse<rapidjson::kParseValidateEncodingFlag>(json.data(), json.size());
    ASSERT_FALSE(document.HasParseError()) << json;
    ASSERT_TRUE(document.IsString());
  }
}

TEST(AppendJsonNumber, WritesTheShortestTextAndNeverAnInvalidOne) {
  EXPECT_EQ(NumberOf(0.1), "0.1");
  EXPECT_EQ(NumberOf(12.5), "12.5");
  EXPECT_EQ(NumberOf(-3), "-3");
  EXPECT_EQ(NumberOf(std::nan("")), "null");
  EXPECT_EQ(NumberOf(std::numeric_limits<double>::infinity()), "null");
}

}  // namespace
}  // namespace tokenforge::telemetry
