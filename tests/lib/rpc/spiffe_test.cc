#include "lib/rpc/spiffe.h"

#include <gtest/gtest.h>

#include <string>

namespace tokenforge::rpc {
namespace {

using std::string_literals::operator""s;

TEST(SpiffeId, AcceptsWhatTheSpecificationAllows) {
  const std::string good[] = {
      "spiffe://example.org/web",
      "spiffe://example.org/ns/prod/sa/My_Service-1.2",
      "spiffe://a/b",
      "spiffe://10.0.0.1/x",
      "spiffe://-_./...",  // three dots are a name, and a trust domain is only a set of characters
      "spiffe://example.org/" + std::string(2000, 'a'),
      "spiffe://" + std::string(255, 'd') + "/x",
  };
  for (const std::string& text : good) {
    const auto id = SpiffeId::Parse(text);
    ASSERT_TRUE(id.ok()) << text << ": " << id.status();
    EXPECT_EQ(id->text(), text);
  }
}

TEST(SpiffeId, TellsTrustDomainAndPath) {
  const auto id = SpiffeId::Parse("spiffe://example.org/ns/web");
  ASSERT_TRUE(id.ok());
  EXPECT_EQ(id->trust_domain(), "example.org");
  EXPECT_EQ(id->path(), "/ns/web");
}

TEST(SpiffeId, RefusesEverythingElse) {
  const std::string bad[] = {
      "",
      "example.org/web",
      "http://example.org/web",
      "SPIFFE://example.org/web",
      "spiffe:/example.org/web",
      "spiffe:///web",
      "spiffe://example.org",   // no workload
      "spiffe://example.org/",  // empty segment
      "spiffe://example.org/web/",
      "spiffe://example.org//web",
      "spiffe://example.org/./web",
      "spiffe://example.org/../web",
      "spiffe://example.org/web/..",
      "spiffe://Example.org/web",
      "spiffe://user@example.org/web",
      "spiffe://example.org:443/web",
      "spiffe://exam%70le.org/web",
      "spiffe://example.org/we%62",
      "spiffe://example.org/web?x=1",
      "spiffe://example.org/web#x",
      "spiffe://example.org/we b",
      "spiffe://example.org/web\n",
      "spiffe://example.org/web\0"s,
      "spiffe://example.org/web\0/admin"s,
      "spiffe://example.org/w\xc3\xa9"
      "b",
      " spiffe://example.org/web",
      "spiffe://example.org/*",
      "spiffe://" + std::string(256, 'd') + "/x",
      "spiffe://example.org/" + std::string(2048, 'a'),
  };
  for (const std::string& text : bad) EXPECT_FALSE(SpiffeId::Parse(text).ok()) << text;
}

bool Matches(const std::string& pattern, const std::string& id) {
  const auto parsed = SpiffePattern::Parse(pattern, "example.org");
  EXPECT_TRUE(parsed.ok()) << pattern;
  return parsed.ok() && parsed->Matches(*SpiffeId::Parse(id));
}

TEST(SpiffePattern, PathMeansOurTrustDomainOnly) {
  EXPECT_TRUE(Matches("/web", "spiffe://example.org/web"));
  EXPECT_FALSE(Matches("/web", "spiffe://evil.org/web"));
  EXPECT_FALSE(Matches("/web", "spiffe://example.org.evil.org/web"));
}

TEST(SpiffePattern, WholeIdMeansExactlyThatId) {
  EXPECT_TRUE(Matches("spiffe://partner.org/web", "spiffe://partner.org/web"));
  EXPECT_FALSE(Matches("spiffe://partner.org/web", "spiffe://example.org/web"));
}

TEST(SpiffePattern, NeverMatchesAPrefix) {
  EXPECT_FALSE(Matches("/web", "spiffe://example.org/web2"));
  EXPECT_FALSE(Matches("/web", "spiffe://example.org/web/admin"));
  EXPECT_FALSE(Matches("/web/admin", "spiffe://example.org/web"));
  EXPECT_FALSE(Matches("/web", "spiffe://example.org/Web"));
}

TEST(SpiffePattern, StarIsOneSegment) {
  EXPECT_TRUE(Matches("/ns/*/web", "spiffe://example.org/ns/prod/web"));
  EXPECT_FALSE(Matches("/ns/*/web", "spiffe://example.org/ns/web"));
  EXPECT_FALSE(Matches("/ns/*/web", "spiffe://example.org/ns/a/b/web"));
  EXPECT_FALSE(Matches("/*", "spiffe://example.org/a/b"));
}

TEST(SpiffePattern, TwoStarsAtTheEndAreOneOrMoreSegments) {
  EXPECT_TRUE(Matches("/**", "spiffe://example.org/a"));
  EXPECT_TRUE(Matches("/**", "spiffe://example.org/a/b/c"));
  EXPECT_TRUE(Matches("/ns/**", "spiffe://example.org/ns/a"));
  EXPECT_FALSE(Matches("/ns/**", "spiffe://example.org/ns"));
  EXPECT_FALSE(Matches("/**", "spiffe://other.org/a"));
}

TEST(SpiffePattern, RefusesWhatIsNotAPattern) {
  const char* bad[] = {"",       "web",    "/",         "/web/", "//web",          "/we*",
                       "/**/a",  "/a/***", "/../web",   "*",     "spiffe://*/web", "spiffe://a.org",
                       "/web\n", "/w b",   "http://a/b"};
  for (const char* text : bad) {
    EXPECT_FALSE(SpiffePattern::Parse(text, "example.org").ok()) << text;
  }
  EXPECT_FALSE(SpiffePattern::Parse("/web", "").ok());
}

TEST(SpiffePattern, EmptyListMatchesNobody) {
  EXPECT_FALSE(MatchesAny({}, *SpiffeId::Parse("spiffe://example.org/web")));
}

}  // namespace
}  // namespace tokenforge::rpc
