#include "services/auth/status/plot.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <regex>
#include <string>

namespace tokenforge::auth::status {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

const clock::SteadyTime kStart{std::chrono::hours(1000)};

std::string Drawn(const Hour& hour) {
  Html html;
  Draw({"logins",
        "Logins a minute",
        {{kLoginsSucceeded, "b1", "succeeded"}, {kLoginsRefused, "b2", "refused"}}},
       hour, html);
  return std::move(html).Take();
}

TEST(Plot, SaysInWordsWhatItShows) {
  Hour hour(kStart);
  hour.Tell(kStart, {12, 3});
  const std::string drawn = Drawn(hour);
  EXPECT_THAT(drawn,
              HasSubstr("In the last hour 12 succeeded, 3 refused; the busiest minute had 15."));
  EXPECT_THAT(drawn, HasSubstr("role=\"img\""));
  EXPECT_THAT(drawn, HasSubstr(R"(aria-labelledby="logins logins-said")"));
}

TEST(Plot, NoBarLeavesItsFrame) {
  Hour hour(kStart);
  for (int minute = 0; minute < 60; ++minute) {
    hour.Tell(kStart + std::chrono::minutes(minute),
              {static_cast<std::uint64_t>(minute) * 1000, static_cast<std::uint64_t>(minute * 7)});
  }
  const std::string drawn = Drawn(hour);
  const std::regex bar("<rect x=\"(\\d+)\" y=\"(\\d+)\" width=\"7\" height=\"(\\d+)\"/>");
  int bars = 0;
  for (std::sregex_iterator at(drawn.begin(), drawn.end(), bar), end; at != end; ++at, ++bars) {
    EXPECT_GE(std::stoi((*at)[2]), 12);
    EXPECT_LE(std::stoi((*at)[2]) + std::stoi((*at)[3]), 162);
    EXPECT_LE(std::stoi((*at)[1]), 60 + 9 * 60);
  }
  EXPECT_EQ(bars, 118) << "of both bands, in each minute that had any";
  EXPECT_THAT(drawn, Not(HasSubstr("unknown"))) << "the whole hour is known";
}

TEST(Plot, OneOfManyIsStillToBeSeen) {
  Hour hour(kStart);
  hour.Tell(kStart, {100'000, 0});
  hour.Tell(kStart + std::chrono::minutes(1), {100'000, 1});
  EXPECT_THAT(Drawn(hour), HasSubstr("height=\"1\"/>"));
}

TEST(Plot, ShowsWhichMinutesAreNotKnown) {
  Hour hour(kStart);
  hour.Tell(kStart + std::chrono::minutes(9), {});
  EXPECT_THAT(Drawn(hour), HasSubstr("<rect class=\"unknown\" x=\"60\" y=\"12\" width=\"450\""));
}

TEST(Plot, ScalesEndAtRoundNumbers) {
  EXPECT_EQ(RoundUp(0), 1u);
  EXPECT_EQ(RoundUp(2), 2u);
  EXPECT_EQ(RoundUp(3), 5u);
  EXPECT_EQ(RoundUp(11), 20u);
  EXPECT_EQ(RoundUp(501), 1000u);
  EXPECT_GE(RoundUp(~std::uint64_t{0}), ~std::uint64_t{0});
}

}  // namespace
}  // namespace tokenforge::auth::status
