#include "lib/telemetry/trace.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <set>
#include <thread>

namespace tokenforge::telemetry {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::Pair;

constexpr char kTrace[] = "4bf92f3577b34da6a3ce929d0e0e4736";
constexpr char kParent[] = "00f067aa0ba902b7";
const std::string kGood = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";

TraceContext ExtractOf(std::vector<std::pair<std::string, std::string>> headers) {
  TraceHeaders gathered;
  for (const auto& [name, value] : headers) gathered.Add(name, value);
  return gathered.Extract();
}

TEST(ParseTraceparent, TakesAVersion00Header) {
  const auto parsed = ParseTraceparent(kGood);
  ASSERT_TRUE(parsed.has_value());
  EXPECT_EQ(parsed->trace_id[0], 0x4b);
  EXPECT_EQ(parsed->trace_id[15], 0x36);
  EXPECT_EQ(parsed->parent_id[1], 0xf0);
  EXPECT_EQ(parsed->flags, TraceContext::kSampled);
}

TEST(ParseTraceparent, DropsFlagsThatNobodyDefined) {
  EXPECT_EQ(ParseTraceparent(kGood.substr(0, 53) + "ff")->flags, 0x03);
  EXPECT_EQ(ParseTraceparent(kGood.substr(0, 53) + "00")->flags, 0);
}

TEST(ParseTraceparent, TakesFutureVersionsWithAndWithoutMore) {
  EXPECT_TRUE(ParseTraceparent("cc" + kGood.substr(2)).has_value());
  EXPECT_TRUE(ParseTraceparent("cc" + kGood.substr(2) + "-what-the-future-brings").has_value());
  EXPECT_TRUE(ParseTraceparent("01" + kGood.substr(2) + "-").has_value());
  EXPECT_FALSE(ParseTraceparent("cc" + kGood.substr(2) + ".what").has_value());
  EXPECT_FALSE(ParseTraceparent("01" + kGood.substr(2) + "0").has_value());
}

TEST(ParseTraceparent, RefusesWhatBreaksTheGrammar) {
  const std::string zero_trace = "00-" + std::string(32, '0') + kGood.substr(35);
  const std::string zero_parent = kGood.substr(0, 36) + std::string(16, '0') + "-01";
  const std::string upper = "00-4BF92F3577B34DA6A3CE929D0E0E4736-00f067aa0ba902b7-01";
  std::vector<std::string> bad = {"",
                                  "00",
                                  zero_trace,
                                  zero_parent,
                                  upper,
                                  "ff" + kGood.substr(2),
                                  "0F" + kGood.substr(2),
                                  "0" + kGood.substr(2),
                                  kGood + "-",
                                  kGood + "-extra",
                                  kGood + " ",
                                  " " + kGood,
                                  kGood.substr(0, 54),
                                  kGood.substr(0, 53) + "0g",
                                  kGood + std::string(1, '\0')};
  for (const std::size_t dash : {2u, 35u, 52u}) {
    std::string moved = kGood;
    moved[dash] = '_';
    bad.push_back(moved);
  }
  for (const std::string& value : bad) {
    EXPECT_FALSE(ParseTraceparent(value).has_value()) << value;
  }
}

TEST(ParseTraceparent, RefusesEveryOtherByteAtEveryHexDigit) {
  for (std::size_t at = 0; at < kGood.size(); ++at) {
    if (kGood[at] == '-') continue;
    for (const char c : {'G', 'A', '-', ' ', '\0', '\x80', '/', ':', '`', 'g'}) {
      std::string value = kGood;
      value[at] = c;
      EXPECT_FALSE(ParseTraceparent(value).has_value()) << at << ' ' << value;
    }
  }
}

TEST(Extract, ContinuesTheCallersTraceInASpanOfItsOwn) {
  const TraceContext context = ExtractOf({{"traceparent", kGood}, {"tracestate", "a=1"}});
  EXPECT_EQ(context.TraceIdHex(), kTrace);
  EXPECT_NE(context.SpanIdHex(), kParent);
  EXPECT_EQ(context.parent_span_id[1], 0xf0);
  EXPECT_EQ(context.tracestate, "a=1");
}

TEST(Extract, LeavesBlanksAroundTraceparentOut) {
  for (const std::string& value : {" " + kGood, "\t" + kGood, kGood + " ", kGood + "\t",
                                   "\t " + kGood + " \t"}) {
    EXPECT_EQ(ExtractOf({{"traceparent", value}}).TraceIdHex(), kTrace) << value;
  }
  EXPECT_NE(ExtractOf({{"traceparent", " \t"}}).TraceIdHex(), kTrace);
}

TEST(Named, IsTheSpanThatTraceparentNames) {
  TraceHeaders headers;
  headers.Add("traceparent", kGood);
  headers.Add("tracestate", "a=1");
  const TraceContext context = headers.Named();
  EXPECT_EQ(context.Traceparent(), kGood);
  EXPECT_EQ(context.parent_span_id, SpanId{});
  EXPECT_EQ(context.tracestate, "a=1");
}

TEST(Named, IsANewOneWithoutAGoodTraceparent) {
  TraceHeaders headers;
  headers.Add("traceparent", "nonsense");
  const TraceContext context = headers.Named();
  EXPECT_NE(context.span_id, SpanId{});
  EXPECT_EQ(context.parent_span_id, SpanId{});
}

TEST(Extract, StartsANewTraceAndForgetsTracestateWhenTraceparentIsBad) {
  const TraceContext context = ExtractOf({{"traceparent", "nonsense"}, {"tracestate", "a=1"}});
  EXPECT_THAT(context.TraceIdHex(), MatchesRegex("[0-9a-f]{32}"));
  EXPECT_EQ(context.parent_span_id, SpanId{});
  EXPECT_EQ(context.tracestate, "");
}

TEST(Extract, StartsANewTraceWhenTraceparentComesTwice) {
  EXPECT_NE(ExtractOf({{"traceparent", kGood}, {"traceparent", kGood}}).TraceIdHex(), kTrace);
}

TEST(Extract, KeepsTheTraceWhenOnlyTracestateIsBad) {
  const TraceContext context = ExtractOf({{"traceparent", kGood}, {"tracestate", "A=1"}});
  EXPECT_EQ(context.TraceIdHex(), kTrace);
  EXPECT_EQ(context.tracestate, "");
}

TEST(Extract, JoinsRepeatedTracestateAndBaggageInOrder) {
  const TraceContext context = ExtractOf({{"traceparent", kGood},
                                          {"tracestate", "a=1"},
                                          {"baggage", "k=v"},
                                          {"tracestate", "b=2"},
                                          {"baggage", "l=w"}});
  EXPECT_EQ(context.tracestate, "a=1,b=2");
  EXPECT_EQ(context.baggage, "k=v,l=w");
}

TEST(Extract, PassesBaggageOnUpTo8192Bytes) {
  const std::string longest = "k=" + std::string(8190, 'x');
  EXPECT_EQ(ExtractOf({{"baggage", longest}}).baggage, longest);
  EXPECT_EQ(ExtractOf({{"baggage", longest + "x"}}).baggage, "") << "no part of a member";
  EXPECT_EQ(ExtractOf({{"baggage", longest}, {"baggage", "l=w"}}).baggage, longest);
  EXPECT_EQ(ExtractOf({{"baggage", "k=v\r\nauthorization: x"}}).baggage, "");
  EXPECT_EQ(ExtractOf({{"baggage", "k=v," + std::string(16384, ',')}}).baggage, "")
      << "more than is worth parsing";
}

TEST(Extract, KeepsBaggageWithoutATrace) {
  EXPECT_EQ(ExtractOf({{"traceparent", "nonsense"}, {"baggage", "k=v"}}).baggage, "k=v");
}

TEST(NormalizeBaggage, TakesWhatTheGrammarAllows) {
  EXPECT_EQ(NormalizeBaggage("a=1, b=2\t,,c=\t3 ;d ; e=f "), "a=1,b=2,c=3;d;e=f");
  EXPECT_EQ(NormalizeBaggage("key=a=b%20!#/:<[]{}"), "key=a=b%20!#/:<[]{}");
  EXPECT_EQ(NormalizeBaggage("empty="), "empty=");
  EXPECT_EQ(NormalizeBaggage("a=1,a=2"), "a=1,a=2") << "a key may come twice";
  EXPECT_EQ(NormalizeBaggage(""), "");
}

TEST(NormalizeBaggage, LeavesOutMembersThatBreakItAndKeepsTheOthers) {
  for (const std::string& bad :
       {std::string("a"), std::string("=1"), std::string("a b=1"), std::string("a=1 2"),
        std::string("a=\"1\""), std::string("a=1\\"), std::string("a=\x7f"),
        std::string("a=\xc3\xa4"), std::string("a=1;"), std::string("a=1;=2"),
        std::string("a=1;b c"), std::string("k(=1"), std::string("a=\0", 3)}) {
    EXPECT_EQ(NormalizeBaggage("x=1," + bad + ",y=2"), "x=1,y=2") << bad;
  }
}

TEST(NormalizeBaggage, Keeps64MembersAndNoMore) {
  std::string members = "k0=v";
  for (int i = 1; i < 64; ++i) members += ",k" + std::to_string(i) + "=v";
  EXPECT_EQ(NormalizeBaggage(members), members);
  EXPECT_EQ(NormalizeBaggage(members + ",k64=v"), members);
}

TEST(Extract, TakesOnlyARequestIdOfTheAllowedForm) {
  const std::string longest(128, 'a');
  EXPECT_EQ(ExtractOf({{"x-request-id", "Az09._-"}}).request_id, "Az09._-");
  EXPECT_EQ(ExtractOf({{"x-request-id", longest}}).request_id, longest);
  for (const std::string& bad : {std::string(), longest + "a", std::string("a b"),
                                 std::string("a\nb"), std::string("a\0b", 3), std::string("ä")}) {
    EXPECT_THAT(ExtractOf({{"x-request-id", bad}}).request_id, MatchesRegex("[0-9a-f]{32}"));
  }
  EXPECT_NE(ExtractOf({{"x-request-id", "one"}, {"x-request-id", "one"}}).request_id, "one");
}

TEST(NormalizeTracestate, TakesWhatTheGrammarAllows) {
  EXPECT_EQ(NormalizeTracestate("a=1, b=2\t,,c=3 "), "a=1,b=2,c=3");
  EXPECT_EQ(NormalizeTracestate("1tenant@system=x y!~"), "1tenant@system=x y!~");
  EXPECT_EQ(NormalizeTracestate("a_-*/9= leading blank"), "a_-*/9= leading blank");
  EXPECT_EQ(NormalizeTracestate(""), "");
  EXPECT_EQ(NormalizeTracestate(std::string(256, 'k') + "=" + std::string(256, 'v')), "")
      << "longer than 512: left out, no fault";
  const std::string longest = std::string(255, 'k') + "=" + std::string(256, 'v');
  EXPECT_EQ(NormalizeTracestate(longest), longest) << "512";
}

TEST(NormalizeTracestate, RefusesWhatItDoesNot) {
  for (const std::string& bad :
       {std::string("A=1"), std::string("1a=1"), std::string("a"), std::string("=1"),
        std::string("a="), std::string("a=b=c"), std::string("a=1,a=2"), std::string("a@b@c=1"),
        std::string("@b=1"), std::string("a@=1"), std::string("a@1b=1"), std::string("a =1"),
        std::string("a=\x7f"), std::string("a=\xc3\xa4"), "a@" + std::string(15, 'b') + "=1",
        std::string(242, 't') + "@b=1", std::string(257, 'k') + "=1",
        "a=" + std::string(257, 'v')}) {
    EXPECT_EQ(NormalizeTracestate(bad), std::nullopt) << bad;
  }
}

TEST(NormalizeTracestate, Takes32MembersAndNoMore) {
  std::string members = "k0=v";
  for (int i = 1; i < 32; ++i) members += ",k" + std::to_string(i) + "=v";
  EXPECT_EQ(NormalizeTracestate(members), members);
  EXPECT_EQ(NormalizeTracestate(members + ",k32=v"), std::nullopt);
}

TEST(NormalizeTracestate, LeavesOutLongMembersFirstThenFromTheRight) {
  const std::string large = "large=" + std::string(130, 'v');
  std::string small = "k0=" + std::string(90, 'v');
  for (int i = 1; i < 5; ++i) small += ",k" + std::to_string(i) + "=" + std::string(90, 'v');
  EXPECT_EQ(NormalizeTracestate(large + "," + small), small);
  const auto shortened = NormalizeTracestate(small + ",k5=" + std::string(90, 'v'));
  EXPECT_EQ(shortened, small);
}

TEST(TraceContext, WritesTheHeadersThatItWouldRead) {
  TraceContext context = ExtractOf(
      {{"traceparent", kGood}, {"tracestate", "a=1"}, {"baggage", "k=v"}, {"x-request-id", "r-1"}});
  EXPECT_THAT(context.Headers(), ElementsAre(Pair("traceparent", std::string("00-") + kTrace + "-" +
                                                                     context.SpanIdHex() + "-01"),
                                             Pair("tracestate", "a=1"), Pair("baggage", "k=v"),
                                             Pair("x-request-id", "r-1")));
  const TraceContext next = ExtractOf(context.Headers());
  EXPECT_EQ(next.trace_id, context.trace_id);
  EXPECT_EQ(next.parent_span_id, context.span_id);
  EXPECT_EQ(next.request_id, "r-1");
}

TEST(TraceContext, AChildKeepsTheTraceAndNamesItsParent) {
  const TraceContext parent = TraceContext::New();
  const TraceContext child = parent.Child();
  EXPECT_EQ(child.trace_id, parent.trace_id);
  EXPECT_EQ(child.parent_span_id, parent.span_id);
  EXPECT_NE(child.span_id, parent.span_id);
  EXPECT_EQ(child.request_id, parent.request_id);
}

TEST(TraceContext, IdsOfManyThreadsNeverRepeat) {
  constexpr int kThreads = 4;
  constexpr int kEach = 5000;
  std::vector<std::vector<std::string>> made(kThreads);
  std::vector<std::thread> threads;
  for (auto& ids : made) {
    threads.emplace_back([&ids] {
      for (int i = 0; i < kEach; ++i) {
        const TraceContext context = TraceContext::New();
        ids.push_back(context.TraceIdHex());
        ids.push_back(context.SpanIdHex());
        ids.push_back(context.request_id);
      }
    });
  }
  for (std::thread& thread : threads) thread.join();
  std::set<std::string> all;
  for (const auto& ids : made) all.insert(ids.begin(), ids.end());
  EXPECT_EQ(all.size(), 3u * kThreads * kEach);
}

}  // namespace
}  // namespace tokenforge::telemetry
