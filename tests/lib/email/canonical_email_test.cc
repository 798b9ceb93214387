#include "lib/email/canonical_email.h"

#include <string>

#include "gtest/gtest.h"
#include "lib/errors/errors.h"

namespace tokenforge::email {
namespace {

std::string Canonical(std::string_view text) {
  const auto email = CanonicalEmail::Parse(text);
  return email.ok() ? email->text() : "refused: " + std::string(email.status().message());
}

void ExpectRefused(std::string_view text) {
  const auto email = CanonicalEmail::Parse(text);
  ASSERT_FALSE(email.ok()) << "accepted: " << testing::PrintToString(std::string(text));
  EXPECT_EQ(errors::ReasonOf(email.status()), errors::reasons::INVALID_FIELD);
  const auto faults = errors::FaultsOf(email.status());
  ASSERT_EQ(faults.size(), 1u);
  EXPECT_EQ(faults[0].field, "email");
  EXPECT_FALSE(faults[0].description.empty());
}

TEST(Email, HasOneFormWhateverTheCaseItWasWrittenIn) {
  EXPECT_EQ(Canonical("ann@example.org"), "ann@example.org");
  EXPECT_EQ(Canonical("Ann@Example.ORG"), "ann@example.org");
  EXPECT_EQ(Canonical("ANN@EXAMPLE.ORG"), "ann@example.org");
  EXPECT_EQ(*CanonicalEmail::Parse("ANN@example.org"), *CanonicalEmail::Parse("ann@EXAMPLE.org"));
}

TEST(Email, KeepsWhatIsNotCase) {
  EXPECT_EQ(Canonical("a.n.n+shop@mail.example.org"), "a.n.n+shop@mail.example.org");
  EXPECT_EQ(Canonical("!#$%&'*+-/=?^_`{|}~@example.org"), "!#$%&'*+-/=?^_`{|}~@example.org");
  EXPECT_EQ(Canonical("ann@xn--bcher-kva.example"), "ann@xn--bcher-kva.example");
  EXPECT_EQ(Canonical("7@3com.example"), "7@3com.example");
}

TEST(Email, RefusesUnicodeThatLooksOrFoldsLikeAscii) {
  ExpectRefused("m\xC4\xB1ke@example.org");  // dotless i
  ExpectRefused("M\xC4\xB0KE@example.org");  // capital I with dot
  ExpectRefused(
      "\xE2\x84\xAA"
      "im@example.org");  // Kelvin sign
  ExpectRefused(
      "jo\xC5\xBF"
      "e@example.org");  // long s
  ExpectRefused(
      "stra\xC3\x9F"
      "e@example.org");                         // sharp s
  ExpectRefused("\xEF\xBD\x81nn@example.org");  // full-width a
  ExpectRefused(
      "ann\xEF\xBC\xA0"
      "example.org");                            // full-width @
  ExpectRefused("\xEF\xAC\x81sh@example.org");   // fi ligature
  ExpectRefused("\xD0\xB0nn@example.org");       // Cyrillic a
  ExpectRefused("ann@ex\xC4\xB1mple.org");       // in the domain
  ExpectRefused("ann@example\xE3\x80\x82org");   // ideographic full stop
  ExpectRefused("a\xE2\x80\x8Bnn@example.org");  // zero-width space
  ExpectRefused(
      "\xEF\xBB\xBF"
      "ann@example.org");  // byte order mark
}

TEST(Email, RefusesInvalidUtf8AndControlCharacters) {
  ExpectRefused("ann\xFF@example.org");
  ExpectRefused("\xC0\xA1nn@example.org");
  ExpectRefused("ann@example.org\xE2\x82");
  for (int c = 0; c < 0x20; ++c) {
    ExpectRefused(std::string("ann") + static_cast<char>(c) + "@example.org");
    ExpectRefused(std::string("ann@example.org") + static_cast<char>(c));
  }
  ExpectRefused("ann\x7F@example.org");
}

TEST(Email, RefusesANulThatWouldCutItIntoAnotherAddress) {
  ExpectRefused(std::string_view("victim@example.org\0x", 20));
  ExpectRefused(std::string_view("victim@example.org\0", 19));
  ExpectRefused(std::string_view("\0victim@example.org", 19));
  ExpectRefused(std::string_view("\0", 1));
}

TEST(Email, RefusesSpacesInsteadOfTrimming) {
  for (const char* text :
       {" ann@example.org", "ann@example.org ", "an n@example.org", "ann @example.org",
        "ann@ example.org", "ann@example.org\n", "\tann@example.org"}) {
    ExpectRefused(text);
  }
}

TEST(Email, RefusesQuotedPartsCommentsAndNames) {
  for (const char* text : {"\"ann\"@example.org", "\"a@b\"@example.org", "ann(comment)@example.org",
                           "Ann <ann@example.org>", "<ann@example.org>", "mailto:ann@example.org",
                           "ann@example.org,bob@example.org", "ann\\@example.org"}) {
    ExpectRefused(text);
  }
}

TEST(Email, RefusesAnythingButOneAt) {
  for (const char* text :
       {"", "ann", "example.org", "@", "ann@", "@example.org", "ann@@example.org",
        "ann@example.org@evil.example", "ann@evil@example.org"}) {
    ExpectRefused(text);
  }
}

TEST(Email, RefusesDotsThatJoinNothing) {
  for (const char* text : {".ann@example.org", "ann.@example.org", "a..n@example.org",
                           "ann@.example.org", "ann@example..org", "ann@example.org.", "ann@."}) {
    ExpectRefused(text);
  }
}

TEST(Email, RefusesWhatIsNoDomain) {
  for (const char* text :
       {"ann@localhost", "ann@-example.org", "ann@example-.org", "ann@exa_mple.org",
        "ann@[127.0.0.1]", "ann@127.0.0.1", "ann@example.123", "ann@exam!ple.org",
        "ann@example.org:25", "ann@example.org/x"}) {
    ExpectRefused(text);
  }
  EXPECT_EQ(Canonical("a@" + std::string(63, 'b') + ".org"), "a@" + std::string(63, 'b') + ".org");
  ExpectRefused("a@" + std::string(64, 'b') + ".org");
}

TEST(Email, EndsAtSixtyFourAndTwoHundredFiftyFourBytes) {
  const std::string local(64, 'a');
  EXPECT_EQ(Canonical(local + "@example.org"), local + "@example.org");
  ExpectRefused(local + "a@example.org");

  const std::string label(61, 'b');
  const std::string most = local + "@" + label + "." + label + "." + label + ".org";  // 64+1+186+3
  ASSERT_EQ(most.size(), 254u);
  EXPECT_EQ(Canonical(most), most);
  ExpectRefused(local + "@" + label + "." + label + "." + label + "b.org");
  ExpectRefused(std::string(1 << 20, 'a') + "@example.org");
}

TEST(Email, NeverRepeatsWhatItRefuses) {
  const auto refused = CanonicalEmail::Parse("MARKED-\x1b[31m@example.org");
  ASSERT_FALSE(refused.ok());
  EXPECT_EQ(refused.status().ToString().find("MARKED"), std::string::npos);
}

}  // namespace
}  // namespace tokenforge::email
