#include "services/auth/status/page.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>

namespace tokenforge::auth::status {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const Moment kNow{clock::WallTime(std::chrono::seconds(1'800'000'000)),
                  clock::SteadyTime(std::chrono::hours(1000))};

Facts FactsThatSay(const std::string& text) {
  Facts facts;
  facts.looked = kNow.steady;
  facts.services = {Service{text}, Service{"keys"}, Service{"sessions"}};
  Heard(facts.keys, kNow.steady, std::vector<Key>{{text, text, KeyState::kActive}});
  Heard(facts.guards, kNow.steady, std::vector<Guards>{{text, true, 2, 1, {text, text}}});
  Heard(facts.events, kNow.steady, std::vector<Event>{{7, kNow.wall, text, text, text, text}});
  NotHeard(facts.events, kNow.steady, text);
  return facts;
}

std::string Drawn(const Facts& facts) { return DrawPage(facts, kNow); }

// The page without what is text: elements with their attributes, in order.
std::string Skeleton(const std::string& page) {
  std::string skeleton;
  const std::regex element("<[^>]*>");
  for (std::sregex_iterator at(page.begin(), page.end(), element), end; at != end; ++at) {
    skeleton += at->str();
  }
  return skeleton;
}

TEST(Page, NoTextThatComesFromElsewhereChangesItsStructure) {
  const std::string plain = Skeleton(Drawn(FactsThatSay("plain")));
  for (const char* hostile :
       {"<script>alert(1)</script>", "\"><img src=x onerror=alert(1)>", "' onload='alert(1)",
        "</style><script>alert(1)</script>", "</title><svg/onload=alert(1)>", "<!--", "-->", "]]>",
        "<![CDATA[", "javascript:alert(1)", "&#60;script&#62;alert(1)&#60;/script&#62;",
        "+ADw-script+AD4-", "\xC0\xBCscript\xC0\xBE", "<\xE2\x80\xAE", "\\u003cscript\\u003e"}) {
    const std::string page = Drawn(FactsThatSay(hostile));
    EXPECT_EQ(Skeleton(page), plain) << hostile;
    EXPECT_THAT(page, Not(HasSubstr("<script"))) << hostile;
  }
}

TEST(Page, AsksForNothingFromAnywhere) {
  const std::string page = Drawn(FactsThatSay("plain"));
  const std::regex addresses("(src|href|action|srcset|poster|data)=\"([^\"]*)\"");
  int found = 0;
  for (std::sregex_iterator at(page.begin(), page.end(), addresses), end; at != end; ++at) {
    EXPECT_EQ((*at)[2], "data:,") << "the icon only";
    ++found;
  }
  EXPECT_EQ(found, 1);
  EXPECT_THAT(page, Not(HasSubstr("style=")));
  EXPECT_THAT(page, Not(HasSubstr("url(")));
  EXPECT_THAT(page, Not(HasSubstr("@import")));
}

TEST(Page, EachTableSaysWhatItIs) {
  const std::string page = Drawn(FactsThatSay("plain"));
  std::size_t tables = 0;
  for (std::size_t at = page.find("<table>"); at != std::string::npos;
       at = page.find("<table>", at + 1)) {
    EXPECT_EQ(page.compare(at + 7, 9, "<caption>"), 0);
    ++tables;
  }
  EXPECT_EQ(tables, 4u);
  EXPECT_THAT(page, HasSubstr("<html lang=\"en\">"));
  EXPECT_THAT(page, HasSubstr("<h1>"));
}

TEST(Page, SaysHowOldEachFigureIs) {
  Facts facts = FactsThatSay("plain");
  facts.keys.at = kNow.steady - std::chrono::seconds(12);
  facts.events.at = kNow.steady - std::chrono::minutes(3);
  facts.events.failing = kNow.steady - std::chrono::seconds(170);
  facts.events.reason = "DEPENDENCY_DOWN";
  facts.revocations_heard = kNow.steady - std::chrono::seconds(4);
  const std::string page = Drawn(facts);
  EXPECT_THAT(page, HasSubstr("As the keys service said 12 s ago."));
  EXPECT_THAT(page, HasSubstr("said <span class=\"old\">3 min ago</span>"));
  EXPECT_THAT(page, HasSubstr("does not answer since 2 min (DEPENDENCY_DOWN)"));
  EXPECT_THAT(page, HasSubstr("revocations 4 s ago"));
  EXPECT_THAT(Drawn(Facts()), HasSubstr("Not heard from the keys service yet."));
}

TEST(Page, SaysAtItsTopWhetherSomethingIsWrong) {
  Facts facts;
  facts.ready = true;
  facts.looked = kNow.steady;
  EXPECT_THAT(Drawn(facts), HasSubstr("all is well"));
  EXPECT_THAT(Drawn(facts), HasSubstr("<title>TokenForge status</title>"));
  facts.services[1] = {"keys", Link::kLost, false};
  EXPECT_THAT(Drawn(facts), HasSubstr("there is no connection to keys"));
  EXPECT_THAT(Drawn(facts), HasSubstr("<title>(1) TokenForge status</title>"));
}

}  // namespace
}  // namespace tokenforge::auth::status
