#include "lib/audit/chain.h"

#include <algorithm>
#include <functional>
#include <random>
#include <set>
#include <string>
#include <vector>

#include "absl/strings/escaping.h"
#include "gtest/gtest.h"

namespace tokenforge::audit {
namespace {

constexpr clock::WallTime kTime{std::chrono::microseconds(1'800'000'000'123'456)};

Event FailedLogin() {
  return {.sequence = 1,
          .time = kTime,
          .kind = "login.failed",
          .ip_address = "192.0.2.1",
          .request_id = "req-1",
          .trace_id = "0af7651916cd43dd8448eb211c80319c",
          .attributes = {{"reason", "password"}, {"email", "zo\xC3\xAB@example.org"}}};
}

std::string Hex(const std::string& bytes) { return absl::BytesToHexString(bytes); }

// Made with another implementation of the form in chain.h (Python's hashlib).
TEST(Chain, HashesAsItsManualSays) {
  const std::string first = ChainHash("", FailedLogin());
  EXPECT_EQ(Hex(first), "65fbe4e22947dfebc78e9b6e45e640a87068404c61ffe260f425b6a9ea4ad5fe");
  const Event second{.sequence = 2,
                     .time = clock::WallTime(std::chrono::microseconds(-1)),
                     .kind = "account.created",
                     .user_id = "0191f3a2-7c4b-7d11-8a3e-52c0de9f1b77",
                     .actor = "spiffe://tokenforge.local/app"};
  EXPECT_EQ(Hex(ChainHash(first, second)),
            "af1f0e120ed082691f4e2f9f0e3c4fc63ba6bb810699f4d8f45155badbd118fc");
}

TEST(Chain, GivesNoTwoEventsTheSameHash) {
  using Edit = std::function<void(Event&)>;
  const Edit edits[] = {
      [](Event&) {},
      [](Event& e) { e.sequence = 2; },
      [](Event& e) { e.time += std::chrono::microseconds(1); },
      [](Event& e) { e.kind = "login.faile", e.user_id = "d"; },
      [](Event& e) { std::swap(e.kind, e.user_id); },
      [](Event& e) { std::swap(e.user_id, e.ip_address); },
      [](Event& e) { std::swap(e.actor, e.ip_address); },
      [](Event& e) { std::swap(e.ip_address, e.request_id); },
      [](Event& e) { std::swap(e.request_id, e.trace_id); },
      [](Event& e) { e.attributes.erase("reason"); },
      [](Event& e) { e.attributes["reason"] = "passwor"; },
      [](Event& e) { e.attributes["reason"] = ""; },
      [](Event& e) { e.attributes[""] = ""; },
      [](Event& e) {
        e.attributes = {{"email", "reason"}, {"zo\xC3\xAB@example.org", "password"}};
      },
      [](Event& e) { e.attributes.clear(); },
      // The attributes' bytes at the end of the text before them.
      [](Event& e) { e.trace_id += std::string(8, '\0'), e.attributes.clear(); },
      [](Event& e) { e.kind += '\0'; },
  };
  std::set<std::string> hashes;
  for (const std::string& previous : {std::string(), std::string(32, '\0'), std::string(32, 'x')}) {
    for (const Edit& edit : edits) {
      Event event = FailedLogin();
      edit(event);
      hashes.insert(ChainHash(previous, event));
    }
  }
  EXPECT_EQ(hashes.size(), 3 * std::size(edits));
}

TEST(Link, IsWrittenAndReadBack) {
  const Link link{.sequence = 42, .hash = ChainHash("", FailedLogin())};
  EXPECT_EQ(TextOf(link), "42:65fbe4e22947dfebc78e9b6e45e640a87068404c61ffe260f425b6a9ea4ad5fe");
  EXPECT_EQ(ParseLink(TextOf(link)), link);
  EXPECT_EQ(TextOf(Link()), "0:");
  EXPECT_EQ(ParseLink("0:"), Link());
}

TEST(Link, IsReadFromNoOtherText) {
  const std::string hash(64, 'a');
  for (const std::string& text :
       {std::string(), std::string(":"), std::string("1"), std::string("1:"), ":" + hash, hash,
        "0:" + hash, "-1:" + hash, "+1:" + hash, "01:" + hash, " 1:" + hash, "1 :" + hash,
        "1:" + hash + "a", "1:" + hash.substr(1), "1:" + std::string(64, 'A'),
        "1:" + std::string(64, 'g'), "9223372036854775807:" + hash,
        "9223372036854775808:" + hash}) {
    EXPECT_FALSE(ParseLink(text)) << text;
  }
}

// --- What a check finds

std::vector<Event> Chain(int length) {
  std::vector<Event> events;
  Link head;
  for (int i = 1; i <= length; ++i) {
    Event event = FailedLogin();
    event.sequence = i;
    event.attributes["n"] = std::to_string(i);
    event.hash = ChainHash(head.hash, event);
    head = {event.sequence, event.hash};
    events.push_back(event);
  }
  return events;
}

std::optional<std::string> FirstFault(const std::vector<Event>& events, Link after = {}) {
  ChainCheck check(after);
  for (const Event& event : events) {
    if (auto fault = check.Next(event)) return fault;
  }
  return std::nullopt;
}

TEST(ChainCheck, FollowsAGoodChainFromItsBeginningAndFromAnyLink) {
  const std::vector<Event> events = Chain(20);
  EXPECT_EQ(FirstFault(events), std::nullopt);
  ChainCheck check;
  for (const Event& event : events) {
    ASSERT_EQ(check.Next(event), std::nullopt);
    ASSERT_EQ(check.head(), (Link{event.sequence, event.hash}));
  }
  for (std::size_t from = 1; from <= events.size(); ++from) {
    const Link after{events[from - 1].sequence, events[from - 1].hash};
    EXPECT_EQ(FirstFault({events.begin() + static_cast<long>(from), events.end()}, after),
              std::nullopt);
  }
}

// Every single change of every event, of every kind that a writer of the table can make.
TEST(ChainCheck, NoticesWhateverWasChangedAfterwards) {
  const std::vector<Event> good = Chain(6);
  const std::function<void(Event&)> edits[] = {
      [](Event& e) { e.time += std::chrono::microseconds(1); },
      [](Event& e) { e.kind = "login.succeeded"; },
      [](Event& e) { e.user_id = "somebody"; },
      [](Event& e) { e.actor = "somebody"; },
      [](Event& e) { e.ip_address = "192.0.2.2"; },
      [](Event& e) { e.request_id.clear(); },
      [](Event& e) { e.trace_id.clear(); },
      [](Event& e) { e.attributes["reason"] = "none"; },
      [](Event& e) { e.attributes["more"] = ""; },
      [](Event& e) { e.hash[31] ^= 1; },
      [](Event& e) { e.hash.clear(); },
  };
  for (std::size_t at = 0; at < good.size(); ++at) {
    for (const auto& edit : edits) {
      std::vector<Event> events = good;
      edit(events[at]);
      const auto fault = FirstFault(events);
      ASSERT_TRUE(fault) << at;
      EXPECT_NE(fault->find("event " + std::to_string(at + 1)), std::string::npos) << *fault;
    }
  }
}

TEST(ChainCheck, NoticesWhoeverMakesAHashAnewForWhatTheyChanged) {
  std::vector<Event> events = Chain(6);
  events[2].attributes["reason"] = "none";
  events[2].hash = ChainHash(events[1].hash, events[2]);
  const auto fault = FirstFault(events);
  ASSERT_TRUE(fault);
  EXPECT_NE(fault->find("event 4"), std::string::npos) << *fault;
}

TEST(ChainCheck, NoticesRemovalAndSaysHowManyAreGone) {
  const std::vector<Event> good = Chain(8);
  for (std::size_t at = 0; at + 1 < good.size(); ++at) {
    for (std::size_t count = 1; at + count < good.size(); ++count) {
      std::vector<Event> events = good;
      events.erase(events.begin() + static_cast<long>(at),
                   events.begin() + static_cast<long>(at + count));
      const auto fault = FirstFault(events);
      ASSERT_TRUE(fault);
      EXPECT_NE(fault->find(std::to_string(count) + " between them are gone"), std::string::npos)
          << *fault;
    }
  }
}

TEST(ChainCheck, NoticesRemovalThatWasHiddenByNewNumbers) {
  std::vector<Event> events = Chain(8);
  events.erase(events.begin() + 3);
  for (std::size_t i = 3; i < events.size(); ++i) events[i].sequence = static_cast<int>(i) + 1;
  EXPECT_TRUE(FirstFault(events));
}

TEST(ChainCheck, NoticesAnyOtherOrder) {
  const std::vector<Event> good = Chain(7);
  for (std::size_t a = 0; a < good.size(); ++a) {
    for (std::size_t b = a + 1; b < good.size(); ++b) {
      std::vector<Event> moved = good;
      std::swap(moved[a], moved[b]);
      EXPECT_TRUE(FirstFault(moved)) << a << " " << b;
      std::swap(moved[a].sequence, moved[b].sequence);  // and renumbered
      EXPECT_TRUE(FirstFault(moved)) << a << " " << b;
    }
  }
}

TEST(ChainCheck, NoticesWhatWasPutIn) {
  const std::vector<Event> good = Chain(6);
  for (std::size_t at = 0; at < good.size(); ++at) {
    std::vector<Event> events = good;
    Event invented = good[at];
    invented.kind = "login.succeeded";
    invented.hash = ChainHash(at == 0 ? "" : good[at - 1].hash, invented);
    events.insert(events.begin() + static_cast<long>(at), invented);
    EXPECT_TRUE(FirstFault(events)) << at;
    events = good;
    events.insert(events.begin() + static_cast<long>(at), good[at]);  // a copy
    EXPECT_TRUE(FirstFault(events)) << at;
  }
}

TEST(ChainCheck, NoticesAChainMadeAnewBehindAKnownLink) {
  const std::vector<Event> good = Chain(6);
  std::vector<Event> anew = good;
  anew[2].kind = "login.succeeded";
  for (std::size_t i = 2; i < anew.size(); ++i) {
    anew[i].hash = ChainHash(anew[i - 1].hash, anew[i]);
  }
  EXPECT_EQ(FirstFault(anew), std::nullopt);  // alone, it is a chain like any other
  const Link known{good[3].sequence, good[3].hash};
  EXPECT_TRUE(FirstFault({anew.begin() + 4, anew.end()}, known));
}

}  // namespace
}  // namespace tokenforge::audit
