// Records: the same answer for people and for scripts, whatever somebody wrote into it.
#include "cli/record.h"

#include <gtest/gtest.h>

#include <sstream>

namespace tokenforge::cli {
namespace {

Record Bird(const std::string& name, std::int64_t eggs) {
  Record record;
  record.Text("name", name)
      .Number("eggs_laid", eggs)
      .Truth("flies", true)
      .Time("seen_time", eggs * 86400)
      .Texts("songs", eggs > 0 ? Record::List{"a", "b"} : Record::List{});
  return record;
}

std::string ListedBirds(bool json) {
  std::ostringstream out;
  Listing listing(out, json);
  listing.Add(Bird("wren", 12));
  listing.Add(Bird("Mauersegler, grün", 0));
  listing.Finish();
  return out.str();
}

TEST(Records, AreATableForPeople) {
  EXPECT_EQ(ListedBirds(false),
            "NAME               EGGS LAID  FLIES  SEEN TIME             SONGS\n"
            "wren               12         yes    1970-01-13T00:00:00Z  a b\n"
            "Mauersegler, grün  0          yes    -                     -\n");
}

TEST(Records, AreOneObjectALineForScripts) {
  EXPECT_EQ(
      ListedBirds(true),
      R"({"name":"wren","eggs_laid":12,"flies":true,"seen_time":"1970-01-13T00:00:00Z","songs":["a","b"]})"
      "\n"
      R"({"name":"Mauersegler, grün","eggs_laid":0,"flies":true,"seen_time":null,"songs":[]})"
      "\n");
}

TEST(Records, OneByItselfIsNamesAndValues) {
  std::ostringstream out;
  Show(Bird("wren", 1), false, out);
  EXPECT_EQ(out.str(),
            "name       wren\n"
            "eggs laid  1\n"
            "flies      yes\n"
            "seen time  1970-01-02T00:00:00Z\n"
            "songs      a b\n");
}

TEST(Records, AListOfNothingIsNothing) {
  std::ostringstream out;
  {
    const Listing listing(out, false);
  }
  EXPECT_EQ(out.str(), "");
}

TEST(Records, NobodysNameMovesTheCursor) {
  // A name that clears the screen, one that reorders what follows, and a line of its own.
  for (const std::string& name :
       {std::string("\x1b[2J"), std::string("a\u202e"), std::string("a\nb"),
        std::string("\u009b2J"), std::string("\xff")}) {
    const std::string shown = Printable(name);
    EXPECT_EQ(shown.find('\x1b'), std::string::npos);
    EXPECT_EQ(shown.find('\n'), std::string::npos);
    EXPECT_EQ(shown.find("\u202e"), std::string::npos);
    EXPECT_EQ(shown.find("\u009b"), std::string::npos);
    EXPECT_EQ(shown.find('\xff'), std::string::npos);
  }
  EXPECT_EQ(Printable(R"(Ada's "phone" \ grün)"), R"(Ada's "phone" \ grün)");
}

}  // namespace
}  // namespace tokenforge::cli
