// What every body of AuditStore promises, asked of all of them.
#include <algorithm>
#include <functional>
#include <future>
#include <memory>
#include <optional>
#include <random>
#include <string>
#include <thread>
#include <tuple>
#include <vector>

#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "lib/uuid/uuid.h"
#include "services/users/audit_store_sql.h"
#include "tests/contract/users/sql_stores.h"

namespace tokenforge::users {
namespace {

using errors::ReasonOf;
using std::chrono::microseconds;
using Events = AuditStore::Events;

// A database, and as many replicas over it as a test wants.
class Body {
 public:
  virtual ~Body() = default;
  virtual std::string url() = 0;
};

class SqliteBody final : public Body {
 public:
  std::string url() override { return folder_.database_url(); }

 private:
  TemporaryFolder folder_;
};

class PostgresBody final : public Body {
 public:
  std::string url() override { return url_; }

 private:
  contract::PostgresServer server_;
  const std::string url_ = server_.NewDatabase();
};

struct BodyName {
  const char* name;
  std::unique_ptr<Body> (*make)();
};

template <class T>
std::unique_ptr<Body> Make() {
  return std::make_unique<T>();
}

struct Replica {
  explicit Replica(const std::string& url) : stores(url) {}
  SqlStores stores;
  AuditStoreSql audit{stores.database};
};

class AuditStoreContract : public testing::TestWithParam<BodyName> {
 protected:
  absl::StatusOr<AuditEvent> Append(AuditEvent event) {
    return Wait(store().Append(InAMinute(), std::move(event)));
  }
  Events List(AuditFilter filter, std::optional<AuditPlace> before = {}, int most = 1000) {
    auto events = Wait(store().List(InAMinute(), std::move(filter), before, most));
    EXPECT_TRUE(events.ok()) << events.status();
    return events.ok() ? *std::move(events) : Events();
  }
  Events Follow(std::int64_t after, int most = 100'000) {
    auto events = Wait(store().Follow(InAMinute(), after, most));
    EXPECT_TRUE(events.ok()) << events.status();
    return events.ok() ? *std::move(events) : Events();
  }
  audit::Link Head() { return *Wait(store().Head(InAMinute())); }

  // The whole log is one chain without gaps, of so many events, and its head is its end.
  void ExpectChainOf(std::size_t count) {
    const Events events = Follow(0);
    EXPECT_EQ(events.size(), count);
    audit::ChainCheck check;
    for (const AuditEvent& event : events) ASSERT_EQ(check.Next(event), std::nullopt);
    EXPECT_EQ(check.head(), Head());
  }

  AuditStore& store() { return replica_.audit; }
  SqlStores& stores() { return replica_.stores; }
  Body& body() { return *body_; }

 private:
  std::unique_ptr<Body> body_ = GetParam().make();
  Replica replica_{body_->url()};
};

TEST_P(AuditStoreContract, IsEmptyAtFirst) {
  EXPECT_EQ(Head(), audit::Link());
  EXPECT_TRUE(Follow(0).empty());
  EXPECT_TRUE(List({}).empty());
}

TEST_P(AuditStoreContract, KeepsEveryFieldAsItWasGivenAndHashed) {
  const AuditEvent full{.time = kNow + std::chrono::nanoseconds(789),
                        .kind = "login.failed",
                        .user_id = uuid::NewId(),
                        .actor = "spiffe://tokenforge.local/app?'\"\\ :id $1",
                        .ip_address = "2001:db8::1",
                        .request_id = "req-1_2.3",
                        .trace_id = "0af7651916cd43dd8448eb211c80319c",
                        .attributes = {{"email", "zo\xC3\xAB@example.org"},
                                       {"control", "\x01\x1F\x7F\n\t"},
                                       {"json", R"({"a":"\u0000"}\)"},
                                       {"right_to_left", "\xE2\x80\xAE"},
                                       {"long", std::string(20'000, 'x')},
                                       {"", ""}}};
  const AuditEvent plain{.time = clock::WallTime(microseconds(-1)), .kind = "a.b"};
  for (const AuditEvent& given : {full, plain}) {
    const auto appended = Append(given);
    ASSERT_TRUE(appended.ok()) << appended.status();
    AuditEvent expected = given;
    expected.time = std::chrono::floor<microseconds>(given.time);
    expected.sequence = appended->sequence;
    expected.hash = appended->hash;
    EXPECT_EQ(*appended, expected);
    EXPECT_EQ(Follow(appended->sequence - 1), Events{*appended});
  }
  ExpectChainOf(2);
}

TEST_P(AuditStoreContract, RefusesWhatItCouldNotKeepAsItIs) {
  for (const std::string& bad : {std::string("a\0b", 3), std::string("\xFF"),
                                 std::string("\xED\xA0\x80"), std::string("cut \xC3")}) {
    AuditEvent event = EventOf("login.failed", "");
    const std::function<void(AuditEvent&)> edits[] = {
        [&](AuditEvent& e) { e.kind = bad; },
        [&](AuditEvent& e) { e.user_id = bad; },
        [&](AuditEvent& e) { e.actor = bad; },
        [&](AuditEvent& e) { e.ip_address = bad; },
        [&](AuditEvent& e) { e.request_id = bad; },
        [&](AuditEvent& e) { e.trace_id = bad; },
        [&](AuditEvent& e) { e.attributes["a"] = bad; },
        [&](AuditEvent& e) { e.attributes[bad] = "a"; },
    };
    for (const auto& edit : edits) {
      AuditEvent broken = event;
      edit(broken);
      EXPECT_EQ(ReasonOf(Append(broken).status()), errors::reasons::INVALID_FIELD);
    }
  }
  ExpectChainOf(0);
}

TEST_P(AuditStoreContract, KeepsOneChainWhoeverWritesAtTheSameTime) {
  constexpr int kThreads = 4;
  constexpr int kEach = 50;
  Replica other(body().url());
  std::vector<std::future<void>> writers;
  for (int t = 0; t < kThreads; ++t) {
    writers.push_back(std::async(std::launch::async, [&, t] {
      Replica& replica = other;
      for (int i = 0; i < kEach; ++i) {
        const auto alone =
            t % 2 == 0 ? Append(EventOf("alone.here", ""))
                       : Wait(replica.audit.Append(InAMinute(), EventOf("alone.there", "")));
        ASSERT_TRUE(alone.ok()) << alone.status();
        ASSERT_TRUE(Create(t % 2 == 0 ? replica.stores : stores(),
                           "u" + std::to_string(t) + "-" + Numbered(i))
                        .ok());
      }
    }));
  }
  for (auto& writer : writers) writer.get();
  ExpectChainOf(2 * kThreads * kEach);
}

// Of many that come at once, each gets its own event back.
TEST_P(AuditStoreContract, GivesEachOfManyItsOwnEvent) {
  std::vector<std::future<absl::StatusOr<AuditEvent>>> appends;
  for (int i = 0; i < 300; ++i) {
    auto answer = std::make_shared<std::promise<absl::StatusOr<AuditEvent>>>();
    appends.push_back(answer->get_future());
    AuditEvent event = EventOf("login.failed", "");
    event.attributes["n"] = std::to_string(i);
    async::Spawn(store().Append(InAMinute(), event),
                 [answer](std::exception_ptr, absl::StatusOr<AuditEvent> appended) {
                   answer->set_value(std::move(appended));
                 });
  }
  std::vector<AuditEvent> answers;
  for (int i = 0; i < 300; ++i) {
    auto appended = appends[static_cast<std::size_t>(i)].get();
    ASSERT_TRUE(appended.ok()) << appended.status();
    EXPECT_EQ(appended->attributes.at("n"), std::to_string(i));
    answers.push_back(*appended);
  }
  std::sort(answers.begin(), answers.end(),
            [](const auto& a, const auto& b) { return a.sequence < b.sequence; });
  EXPECT_EQ(Follow(0), answers);
  ExpectChainOf(300);
}

TEST_P(AuditStoreContract, WritesNothingOfWhatWasRolledBackAndLeavesNoGap) {
  ASSERT_TRUE(Create(stores(), "ann@example.org").ok());
  EXPECT_EQ(ReasonOf(Create(stores(), "ann@example.org").status()), errors::reasons::EMAIL_TAKEN);
  auto refuse = [](Credentials&) -> absl::StatusOr<std::optional<Beside>> {
    return errors::Make(errors::reasons::CODE_INVALID, "no");
  };
  const auto ann = Find(stores(), "ann@example.org");
  EXPECT_FALSE(Wait(stores().accounts.Change(InAMinute(), ann->user_id, refuse)).ok());
  ASSERT_TRUE(Create(stores(), "bob@example.org").ok());
  ExpectChainOf(2);
}

TEST_P(AuditStoreContract, DropsWhatCameTooLate) {
  const auto past = std::chrono::steady_clock::now() - std::chrono::seconds(1);
  const auto late = Wait(store().Append(past, EventOf("login.failed", "")));
  EXPECT_EQ(ReasonOf(late.status()), errors::reasons::DEADLINE_PASSED);
  ExpectChainOf(0);
}

// --- Listing, against a model

bool Newer(const AuditEvent& a, const AuditEvent& b) {
  return std::tie(a.time, a.sequence) > std::tie(b.time, b.sequence);
}

EventTime TimeOf(const AuditEvent& event) { return std::chrono::floor<microseconds>(event.time); }

Events Matching(const Events& all, const AuditFilter& filter) {
  Events matching;
  std::copy_if(all.begin(), all.end(), std::back_inserter(matching), [&](const AuditEvent& event) {
    return (filter.user_id.empty() || event.user_id == filter.user_id) &&
           (filter.kind.empty() || event.kind == filter.kind) &&
           (!filter.since || TimeOf(event) >= *filter.since) &&
           (!filter.until || TimeOf(event) < *filter.until);
  });
  std::sort(matching.begin(), matching.end(), Newer);
  return matching;
}

TEST_P(AuditStoreContract, ListsByUserKindAndTimeNewestFirstPageByPage) {
  std::mt19937 random(1);
  const std::string users[] = {"", uuid::NewId(), uuid::NewId()};
  const std::string kinds[] = {"login.failed", "login.succeeded", "login.failed_"};
  Events all;
  for (int i = 0; i < 150; ++i) {
    AuditEvent event = EventOf(kinds[random() % 3], users[random() % 3]);
    event.time = kNow + microseconds(random() % 20);  // many at the same time, in any order
    all.push_back(*Append(event));
  }
  const std::optional<EventTime> begin = std::chrono::floor<microseconds>(kNow);
  std::vector<AuditFilter> filters;
  for (const std::string& user : users) {
    for (const std::string& kind : {std::string(), kinds[0], kinds[1]}) {
      for (const auto& since : {std::optional<EventTime>(), begin, {*begin + microseconds(7)}}) {
        for (const auto& until : {std::optional<EventTime>(), begin, {*begin + microseconds(13)}}) {
          filters.push_back({user, kind, since, until});
        }
      }
    }
  }
  for (const AuditFilter& filter : filters) {
    const Events expected = Matching(all, filter);
    EXPECT_EQ(List(filter), expected);
    for (const int page : {1, 7}) {
      if (page == 1 && expected.size() > 20) continue;
      Events paged;
      std::optional<AuditPlace> before;
      for (;;) {
        const Events next = List(filter, before, page);
        paged.insert(paged.end(), next.begin(), next.end());
        if (next.size() < static_cast<std::size_t>(page)) break;
        before = {TimeOf(next.back()), next.back().sequence};
      }
      EXPECT_EQ(paged, expected);
    }
  }
}

TEST_P(AuditStoreContract, FollowsTheChainFromAnyPlace) {
  Events all;
  for (int i = 0; i < 10; ++i) all.push_back(*Append(EventOf("login.failed", "")));
  for (int after = 0; after <= 10; ++after) {
    EXPECT_EQ(Follow(after), Events(all.begin() + after, all.end()));
    EXPECT_EQ(Follow(after, 2), Events(all.begin() + after, all.begin() + std::min(10, after + 2)));
  }
}

INSTANTIATE_TEST_SUITE_P(Bodies, AuditStoreContract,
                         testing::Values(BodyName{"Sqlite", &Make<SqliteBody>},
                                         BodyName{"Postgresql", &Make<PostgresBody>}),
                         [](const auto& body) { return body.param.name; });

}  // namespace
}  // namespace tokenforge::users
