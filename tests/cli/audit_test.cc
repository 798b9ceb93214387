// `tokenforge audit`: lines, the verification, and the command over exports. Against a running
// suite: tests/system/audit_test.cc.
#include <cstdio>
#include <fstream>
#include <functional>
#include <sstream>
#include <string>
#include <vector>

#include "cli/audit_json.h"
#include "cli/audit_source.h"
#include "cli/audit_verification.h"
#include "cli/families.h"
#include "cli/frame.h"
#include "gtest/gtest.h"
#include "lib/audit/chain.h"

namespace tokenforge::cli {
namespace {

using audit::Event;
using audit::Link;
using std::chrono::microseconds;

std::vector<Event> Chain(int length, const std::string& reason = "invalid_credentials") {
  std::vector<Event> events;
  Link head;
  for (int i = 1; i <= length; ++i) {
    Event event{.sequence = i,
                .time = clock::WallTime(microseconds(1'800'000'000'000'000 + i)),
                .kind = "login.failed",
                .user_id = "0191f3a2-7c4b-7d11-8a3e-52c0de9f1b77",
                .actor = "spiffe://tokenforge.local/app",
                .ip_address = "192.0.2.1",
                .request_id = "req-" + std::to_string(i),
                .trace_id = "0af7651916cd43dd8448eb211c80319c",
                .attributes = {{"email", "zo\xC3\xAB@example.org"}, {"reason", reason}}};
    event.hash = audit::ChainHash(head.hash, event);
    head = {event.sequence, event.hash};
    events.push_back(event);
  }
  return events;
}

Link LinkOf(const Event& event) { return {event.sequence, event.hash}; }

// --- Lines

TEST(AuditLine, IsAJsonObjectThatIsReadBackAsItWas) {
  const Event event = Chain(1)[0];
  const std::string line = JsonLineOf(event);
  EXPECT_EQ(
      line.substr(0, 92),
      "{\"sequence\":1,\"event_time\":\"2027-01-15T08:00:00.000001Z\",\"kind\":\"login.failed\","
      "\"user_id\":\"01");
  EXPECT_EQ(EventOfJsonLine(line), event);
}

TEST(AuditLine, KeepsWhateverTextThereIsAndForgesNoLine) {
  Event event = Chain(1)[0];
  event.attributes = {
      {"", ""},
      {"json", "\"},{\"a\":\"b\\"},
      {"controls", std::string("\x00\x01\x1B[2J\n\r\t\x7F", 10)},
      {"c1", "\xC2\x85\xC2\x9B"},
      {"separators", "\xE2\x80\xA8\xE2\x80\xA9"},
      {"overrides", "\xE2\x80\xAE\xE2\x81\xA6"},
      {"many bytes", std::string(4095, 'a') + "\xF0\x9F\x94\x91" + std::string(5000, 'b')},
      {"wide", [] {
         std::string text;
         for (int i = 0; i < 3000; ++i) text += "\xE2\x82\xAC";
         return text;
       }()}};
  event.time = clock::WallTime(microseconds(-1));
  const std::string line = JsonLineOf(event);
  for (const char c : line) EXPECT_GE(static_cast<unsigned char>(c), 0x20);
  EXPECT_EQ(line.find("\xE2\x80\xAE"), std::string::npos);
  EXPECT_EQ(EventOfJsonLine(line), event);
}

TEST(AuditLine, RefusesWhatIsNoEvent) {
  const std::string good = JsonLineOf(Chain(1)[0]);
  ASSERT_TRUE(EventOfJsonLine(good));
  const auto with = [&](const std::string& from, const std::string& to) {
    std::string line = good;
    line.replace(line.find(from), from.size(), to);
    return line;
  };
  for (const std::string& line :
       {std::string(), std::string("{}"), std::string("null"), good + "x", good.substr(1),
        with("\"sequence\":1", "\"sequence\":\"1\""), with("\"sequence\":1", "\"sequence\":1.5"),
        with("\"sequence\"", "\"Sequence\""), with("2027-01-15T08", "yesterday"),
        with("\"kind\"", "\"kinds\""), with("\"hash\":\"", "\"hash\":\"0"),
        with("\"attributes\":{", "\"attributes\":{\"n\":1,"),
        with("\"attributes\":{", "\"attributes\":{\"email\":\"\","),
        with("\"sequence\":1", "\"sequence\":1,\"more\":1"),
        with("\"kind\":\"login.failed\",", "")}) {
    EXPECT_FALSE(EventOfJsonLine(line)) << line;
  }
}

// --- Verification

std::optional<std::string> Fault(const std::vector<Event>& events, Link after = {},
                                 std::vector<Link> expected = {}) {
  AuditVerification verification(std::move(after), std::move(expected));
  for (const Event& event : events) {
    if (!verification.Take(event)) break;
  }
  return verification.Fault();
}

TEST(AuditVerification, IsContentWithAWholeChainThroughEveryExpectedLink) {
  const std::vector<Event> events = Chain(9);
  EXPECT_EQ(Fault(events), std::nullopt);
  EXPECT_EQ(Fault(events, {}, {LinkOf(events[8]), LinkOf(events[0]), LinkOf(events[4])}),
            std::nullopt);
  EXPECT_EQ(Fault({events.begin() + 4, events.end()}, LinkOf(events[3]),
                  {LinkOf(events[8]), LinkOf(events[1]), LinkOf(events[3])}),
            std::nullopt);
  EXPECT_EQ(Fault({}), std::nullopt);
}

TEST(AuditVerification, FindsACutOffEndByALinkThatWasThere) {
  const std::vector<Event> events = Chain(9);
  const std::vector<Event> cut(events.begin(), events.begin() + 5);
  EXPECT_EQ(Fault(cut), std::nullopt);  // alone it looks whole
  const auto fault = Fault(cut, {}, {LinkOf(events[6])});
  ASSERT_TRUE(fault);
  EXPECT_NE(fault->find("cut off"), std::string::npos) << *fault;
  EXPECT_TRUE(Fault({}, {}, {LinkOf(events[0])}));
}

TEST(AuditVerification, FindsALogThatWasMadeAnew) {
  const std::vector<Event> events = Chain(9);
  const std::vector<Event> anew = Chain(9, "forged");
  EXPECT_EQ(Fault(anew), std::nullopt);
  const auto fault = Fault(anew, {}, {LinkOf(events[6])});
  ASSERT_TRUE(fault);
  EXPECT_NE(fault->find("made anew"), std::string::npos) << *fault;
  EXPECT_TRUE(Fault({anew.begin() + 4, anew.end()}, LinkOf(events[3])));
  EXPECT_TRUE(Fault({events.begin() + 4, events.end()}, LinkOf(events[3]), {LinkOf(anew[3])}));
}

TEST(AuditVerification, FindsWhateverElseWasDone) {
  const std::vector<Event> good = Chain(6);
  std::vector<Event> removed = good, changed = good, moved = good, put_in = good;
  removed.erase(removed.begin() + 2);
  changed[3].kind = "login.succeeded";
  std::swap(moved[1], moved[2]);
  put_in.insert(put_in.begin() + 2, good[4]);
  for (const auto& events : {removed, changed, moved, put_in}) EXPECT_TRUE(Fault(events));
}

// --- The command

class AuditCommand : public testing::Test {
 protected:
  ~AuditCommand() override { std::remove(path_.c_str()); }

  void Write(const std::vector<Event>& events) {
    std::ofstream file(path_, std::ios::trunc);
    for (const Event& event : events) file << JsonLineOf(event) << "\n";
  }
  int Run(const std::vector<std::string>& arguments) {
    std::vector<std::string> words = {"audit"};
    words.insert(words.end(), arguments.begin(), arguments.end());
    out_.str("");
    err_.str("");
    std::istringstream in;
    return static_cast<int>(
        RunCommandLine(AuditCommands(), words, {}, {.in = in, .out = out_, .err = err_}));
  }
  int Verify(std::vector<std::string> more = {}) {
    more.insert(more.begin(), {"verify", "--input=" + path_});
    return Run(more);
  }

  const std::string path_ = testing::TempDir() + "audit-" +
                            testing::UnitTest::GetInstance()->current_test_info()->name() +
                            ".jsonl";
  std::ostringstream out_, err_;
};

TEST_F(AuditCommand, VerifiesAnExportAndPrintsTheLinkToKeep) {
  const std::vector<Event> events = Chain(5);
  Write(events);
  EXPECT_EQ(Verify(), 0);
  EXPECT_EQ(out_.str(),
            "5 events are whole; the last one is " + audit::TextOf(LinkOf(events[4])) + "\n");
  EXPECT_EQ(Verify({"--expect=" + audit::TextOf(LinkOf(events[2])),
                    "--expect=" + audit::TextOf(LinkOf(events[4]))}),
            0);
  EXPECT_EQ(Verify({"--after=" + audit::TextOf(LinkOf(events[2]))}), 0);
  EXPECT_EQ(out_.str().substr(0, 19), "2 events are whole;");
}

TEST_F(AuditCommand, SaysWhatIsWrongAndEndsWithSeven) {
  std::vector<Event> events = Chain(5);
  const std::string last = audit::TextOf(LinkOf(events[4]));
  events.pop_back();
  Write(events);
  EXPECT_EQ(Verify(), 0);
  EXPECT_EQ(Verify({"--expect=" + last}), 7);
  EXPECT_NE(err_.str().find("cut off"), std::string::npos);
  events[1].ip_address = "192.0.2.9";
  Write(events);
  EXPECT_EQ(Verify(), 7);
  EXPECT_NE(err_.str().find("event 2 "), std::string::npos) << err_.str();
  EXPECT_NE(err_.str().find("1 events are whole; the last one is 1:"), std::string::npos);
  EXPECT_EQ(out_.str(), "");
}

TEST_F(AuditCommand, TellsAFileThatIsNoExportFromALogThatIsNotWhole) {
  EXPECT_EQ(Verify(), 2);  // there is none
  Write(Chain(2));
  std::ofstream(path_, std::ios::app) << "{\"sequence\":3}\n";
  EXPECT_EQ(Verify(), 2);
  EXPECT_NE(err_.str().find("line 3"), std::string::npos) << err_.str();
}

TEST_F(AuditCommand, RefusesWhatItDoesNotUnderstand) {
  EXPECT_EQ(Run({}), 2);
  EXPECT_EQ(Run({"burn"}), 2);
  EXPECT_EQ(Run({"--help"}), 0);
  EXPECT_NE(out_.str().find("verify"), std::string::npos);
  Write(Chain(1));
  EXPECT_EQ(Verify({"--after=1"}), 2);
  EXPECT_EQ(Verify({"--expect=1:abc"}), 2);
  EXPECT_EQ(Run({"list"}), 2);  // without a token
  EXPECT_EQ(Run({"list", "--token-file=" + path_, "--since=yesterday"}), 2);
  EXPECT_EQ(Run({"list", "--token-file=/nonexistent"}), 4);
}

}  // namespace
}  // namespace tokenforge::cli
