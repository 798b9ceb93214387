#include "services/auth/status/html.h"

#include <gtest/gtest.h>

#include <random>
#include <string>

namespace tokenforge::auth::status {
namespace {

std::string Escaped(std::string_view text) {
  Html html;
  html.Text(text);
  return std::move(html).Take();
}

TEST(Html, WhatIsMarkupInATextIsNoneInThePage) {
  EXPECT_EQ(Escaped(R"x(<img src=x onerror="alert('&')">)x"),
            "&lt;img src=x onerror=&quot;alert(&#39;&amp;&#39;)&quot;&gt;");
  EXPECT_EQ(Escaped("ada & bob"), "ada &amp; bob");
  EXPECT_EQ(Escaped("Grüße, 世界 😀"), "Grüße, 世界 😀");
}

TEST(Html, WhatCannotBeLookedAtIsShownAsSuch) {
  constexpr char kUnshown[] = "\xEF\xBF\xBD";
  EXPECT_EQ(Escaped(std::string_view("a\0b", 3)), std::string("a") + kUnshown + "b");
  EXPECT_EQ(Escaped("\x1b"), kUnshown);
  EXPECT_EQ(Escaped("\xE2\x80\xAE"), kUnshown) << "U+202E turns what follows";
  EXPECT_EQ(Escaped("\xE2\x81\xA6"), kUnshown) << "U+2066";
  EXPECT_EQ(Escaped("\xC2\x85"), kUnshown) << "a control beyond ASCII";
}

TEST(Html, BytesThatAreNoUtf8AreShownAsSuch) {
  constexpr char kUnshown[] = "\xEF\xBF\xBD";
  EXPECT_EQ(Escaped("\xFF"), kUnshown);
  EXPECT_EQ(Escaped("\xC0\xBC"), std::string(kUnshown) + kUnshown) << "an overlong <";
  EXPECT_EQ(Escaped("\xE0\x80\xBC").find('<'), std::string::npos);
  EXPECT_EQ(Escaped("\xED\xA0\x80").find("\xED"), std::string::npos) << "a surrogate";
  EXPECT_EQ(Escaped("\xE2\x82"), std::string(kUnshown) + kUnshown) << "cut off";
  EXPECT_EQ(Escaped("\xF5\x80\x80\x80").size(), 4 * 3u);
}

TEST(Html, LongTextsAreCutBetweenCharacters) {
  Html html;
  html.Text("äöü<", 3).Raw("|").Text("äöü", 3);
  EXPECT_EQ(std::move(html).Take(), "äöü…|äöü");
}

// Whatever is given, nothing comes out that could end a text or a quoted attribute, and every byte
// belongs to a character that may be shown.
TEST(Html, NothingThatIsGivenAsTextCanBeMarkup) {
  std::mt19937 random(20270115);
  const std::string_view likely = "<>&\"'/= \t\n\x1b\xC2\xE2\x80\xAE\xF0\x9F\x98\x80\xFF az";
  for (int round = 0; round < 20'000; ++round) {
    std::string text;
    const std::size_t size = random() % 24;
    while (text.size() < size) {
      text +=
          random() % 4 == 0 ? static_cast<char>(random() % 256) : likely[random() % likely.size()];
    }
    const std::string shown = Escaped(text);
    EXPECT_EQ(shown.find_first_of("<>\"'"), std::string::npos) << testing::PrintToString(text);
    for (std::size_t at = shown.find('&'); at != std::string::npos; at = shown.find('&', at + 1)) {
      const std::string entity = shown.substr(at, shown.find(';', at) - at + 1);
      EXPECT_TRUE(entity == "&amp;" || entity == "&lt;" || entity == "&gt;" || entity == "&quot;" ||
                  entity == "&#39;")
          << entity;
    }
    EXPECT_EQ(Escaped(shown).find("\xEF\xBF\xBD") == std::string::npos,
              shown.find("\xEF\xBF\xBD") == std::string::npos)
        << "what came out is UTF-8 and may be shown: " << testing::PrintToString(text);
  }
}

}  // namespace
}  // namespace tokenforge::auth::status
