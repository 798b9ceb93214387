#include "services/users/text.h"

#include <string>

#include "gtest/gtest.h"

namespace tokenforge::users {
namespace {

TEST(Text, CountsCodePointsNotBytes) {
  EXPECT_EQ(CountCodePoints(""), 0u);
  EXPECT_EQ(CountCodePoints("abc"), 3u);
  EXPECT_EQ(CountCodePoints("\xC3\xA4\xE2\x82\xAC\xF0\x9F\x94\x91"), 3u);
  EXPECT_EQ(CountCodePoints(std::string_view("a\0b", 3)), 3u);
  EXPECT_EQ(CountCodePoints("\xF4\x8F\xBF\xBF"), 1u);  // U+10FFFF, the last
}

TEST(Text, RefusesWhatIsNotUtf8) {
  for (const std::string_view text :
       {"\x80", "\xBF", "\xFE", "\xFF",                                     // never a first byte
        "\xC3", "\xE2\x82", "\xF0\x9F\x94",                                 // cut short
        "\xC3(", "\xE2(\x82", "\xE2\x82(",                                  // no continuation
        "\xC0\x80", "\xC1\xBF", "\xE0\x9F\xBF", "\xF0\x8F\xBF\xBF",         // overlong
        "\xED\xA0\x80", "\xED\xBF\xBF",                                     // surrogates
        "\xF4\x90\x80\x80", "\xF7\xBF\xBF\xBF", "\xF8\x88\x80\x80\x80"}) {  // beyond the last
    EXPECT_EQ(CountCodePoints(text), std::nullopt) << testing::PrintToString(std::string(text));
    EXPECT_EQ(CountCodePoints("abc" + std::string(text) + "abc"), std::nullopt);
    EXPECT_TRUE(HoldsControlCharacter(text));
  }
}

TEST(Text, FindsControlCharacters) {
  EXPECT_FALSE(HoldsControlCharacter(""));
  EXPECT_FALSE(HoldsControlCharacter("Zo\xC3\xAB O'Neill-\xE5\xBC\xA0 \xF0\x9F\x94\x91"));
  EXPECT_FALSE(HoldsControlCharacter(
      "\xE2\x80\x8F\xD7\xA9"));  // a right-to-left mark is a letter's business
  for (int c = 0; c < 0x20; ++c)
    EXPECT_TRUE(HoldsControlCharacter(std::string("a") + static_cast<char>(c)));
  for (const char* text : {"\x7F", "\xC2\x80", "\xC2\x9F", "\xE2\x80\xA8", "\xE2\x80\xA9",
                           "a\xE2\x80\xAE"
                           "b",
                           "\xE2\x81\xA6"}) {
    EXPECT_TRUE(HoldsControlCharacter(text)) << testing::PrintToString(std::string(text));
  }
  EXPECT_FALSE(HoldsControlCharacter("\xC2\xA0"));  // the first after C1
}

}  // namespace
}  // namespace tokenforge::users
