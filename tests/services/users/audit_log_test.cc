#include "services/users/audit_log.h"

#include <functional>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "lib/sync/mutex.h"
#include "lib/telemetry/log.h"
#include "lib/uuid/uuid.h"
#include "services/users/audit_anchor.h"
#include "services/users/audit_store_sql.h"
#include "tests/fakes/fake_clock.h"
#include "tests/services/users/sqlite_accounts.h"

namespace tokenforge::users {
namespace {

using errors::ReasonOf;
using std::chrono::minutes;

constexpr const char* kId = "0191f3a2-7c4b-7d11-8a3e-52c0de9f1b77";

class AuditLogTest : public testing::Test {
 protected:
  AuditEvent Locked() {
    return {.time = clock_.Now(),
            .kind = "login.locked",
            .actor = "spiffe://tokenforge.local/app",
            .ip_address = "192.0.2.1",
            .request_id = "req-1",
            .trace_id = "0af7651916cd43dd8448eb211c80319c",
            .attributes = {{"email", "ann@example.org"}}};
  }
  absl::StatusOr<std::int64_t> Record(AuditEvent event) {
    return Wait(log_.Record(InAMinute(), std::move(event)));
  }
  absl::StatusOr<AuditLog::Page> List(AuditLog::Listing listing) {
    return Wait(log_.List(InAMinute(), std::move(listing)));
  }
  std::vector<std::int64_t> SequencesOf(AuditLog::Listing listing) {
    std::vector<std::int64_t> sequences;
    const auto page = List(std::move(listing));
    EXPECT_TRUE(page.ok()) << page.status();
    if (page.ok()) {
      for (const AuditEvent& event : page->events) sequences.push_back(event.sequence);
    }
    return sequences;
  }

  fakes::FakeClock clock_;
  SqliteAccounts sqlite_;
  AuditStoreSql store_{sqlite_.database()};
  AuditLog log_{store_, sqlite_.store(), clock_};
};

TEST_F(AuditLogTest, KeepsAnEventAndSaysItsSequence) {
  EXPECT_EQ(*Record(Locked()), 1);
  EXPECT_EQ(*Record(Locked()), 2);
  const auto page = List({});
  ASSERT_EQ(page->events.size(), 2u);
  EXPECT_EQ(page->events[1].kind, "login.locked");
  EXPECT_EQ(page->events[1].time, clock_.Now());
  EXPECT_EQ(page->events[1].attributes.at("email"), "ann@example.org");
  EXPECT_EQ(page->next_page_token, "");
}

TEST_F(AuditLogTest, TakesNowForAnEventWithoutATime) {
  AuditEvent event = Locked();
  event.time = {};
  ASSERT_TRUE(Record(event).ok());
  EXPECT_EQ(List({})->events[0].time, clock_.Now());
}

TEST_F(AuditLogTest, FilesAnEventThatNamesOnlyAnEmailUnderItsAccount) {
  ASSERT_TRUE(Wait(sqlite_.store().Create(InAMinute(),
                                          {.user_id = kId,
                                           .email = *CanonicalEmail::Parse("ann@example.org"),
                                           .given_name = "",
                                           .family_name = "",
                                           .password_hash = secret::Secret("$2b$04$hash"),
                                           .create_time = clock_.Now()},
                                          {}))
                  .ok());
  AuditEvent nobodys = Locked();
  nobodys.attributes["email"] = "nobody@example.org";
  ASSERT_TRUE(Record(Locked()).ok());
  ASSERT_TRUE(Record(nobodys).ok());
  EXPECT_EQ(SequencesOf({.filter = {.user_id = kId}}), (std::vector<std::int64_t>{1}));
  EXPECT_EQ(List({})->events[0].user_id, "");
}

TEST_F(AuditLogTest, RefusesEveryEventThatDoesNotBelongIntoALog) {
  const std::function<void(AuditEvent&)> faults[] = {
      [](AuditEvent& e) { e.sequence = 1; },
      [](AuditEvent& e) { e.hash = std::string(32, 'x'); },
      [](AuditEvent& e) { e.kind = ""; },
      [](AuditEvent& e) { e.kind = "login"; },
      [](AuditEvent& e) { e.kind = "Login.failed"; },
      [](AuditEvent& e) { e.kind = "login."; },
      [](AuditEvent& e) { e.kind = ".login"; },
      [](AuditEvent& e) { e.kind = "login..failed"; },
      [](AuditEvent& e) { e.kind = "login.failed\n"; },
      [](AuditEvent& e) { e.kind = "l." + std::string(63, 'a'); },
      [](AuditEvent& e) { e.user_id = "ann"; },
      [](AuditEvent& e) { e.user_id = "0191F3A2-7C4B-7D11-8A3E-52C0DE9F1B77"; },
      [](AuditEvent& e) { e.actor = "a\nb"; },
      [](AuditEvent& e) { e.actor = std::string(2049, 'a'); },
      [](AuditEvent& e) { e.ip_address = "\x1B[2J"; },
      [](AuditEvent& e) { e.request_id = std::string("a\0b", 3); },
      [](AuditEvent& e) { e.trace_id = "\xFF"; },
      [](AuditEvent& e) { e.attributes["Email"] = ""; },
      [](AuditEvent& e) { e.attributes[""] = ""; },
      [](AuditEvent& e) { e.attributes["a.b"] = ""; },
      [](AuditEvent& e) { e.attributes["a"] = std::string(2049, 'a'); },
      [](AuditEvent& e) { e.attributes["a"] = "\xE2\x80\xAE"; },
      [](AuditEvent& e) {
        for (int i = 0; i < 33; ++i) e.attributes["a" + std::to_string(i)] = "";
      },
      [](AuditEvent& e) { e.time += minutes(2); },
      [](AuditEvent& e) { e.time -= minutes(60 * 24 * 8); },
  };
  for (const auto& fault : faults) {
    AuditEvent event = Locked();
    fault(event);
    const auto recorded = Record(event);
    EXPECT_EQ(ReasonOf(recorded.status()), errors::reasons::INVALID_FIELD) << event.kind;
    EXPECT_EQ(errors::FaultsOf(recorded.status()).size(), 1u) << recorded.status();
  }
  EXPECT_TRUE(List({})->events.empty());
}

TEST_F(AuditLogTest, TurnsPagesThroughEveryListing) {
  for (int i = 0; i < 7; ++i) {
    AuditEvent event = Locked();
    event.time -= minutes(i % 3);
    ASSERT_TRUE(Record(event).ok());
  }
  const AuditLog::Listing listings[] = {
      {.page_size = 3}, {.page_size = 3, .after_sequence = 0}, {.page_size = 7}};
  for (AuditLog::Listing listing : listings) {
    std::vector<std::int64_t> sequences;
    int pages = 0;
    do {
      const auto page = List(listing);
      ASSERT_TRUE(page.ok()) << page.status();
      EXPECT_LE(page->events.size(), static_cast<std::size_t>(listing.page_size));
      for (const AuditEvent& event : page->events) sequences.push_back(event.sequence);
      listing.page_token = page->next_page_token;
      ++pages;
    } while (!listing.page_token.empty());
    EXPECT_EQ(pages, listing.page_size == 7 ? 1 : 3);
    const std::vector<std::int64_t> by_time = {7, 4, 1, 5, 2, 6, 3};
    const std::vector<std::int64_t> along = {1, 2, 3, 4, 5, 6, 7};
    EXPECT_EQ(sequences, listing.after_sequence ? along : by_time);
  }
  EXPECT_EQ(SequencesOf({.after_sequence = 5}), (std::vector<std::int64_t>{6, 7}));
  EXPECT_TRUE(SequencesOf({.after_sequence = 7}).empty());
}

TEST_F(AuditLogTest, RefusesAListingItCannotUnderstandAndAPageTokenOfAnother) {
  for (int i = 0; i < 3; ++i) ASSERT_TRUE(Record(Locked()).ok());
  const std::string token = List({.page_size = 1})->next_page_token;
  ASSERT_FALSE(token.empty());
  const std::string along = List({.page_size = 1, .after_sequence = 0})->next_page_token;
  std::string other = token;
  other[0] = other[0] == 'A' ? 'B' : 'A';
  const EventTime time{std::chrono::seconds(1'800'000'000)};
  const AuditLog::Listing bad[] = {
      {.page_size = -1},
      {.page_size = 1001},
      {.filter = {.user_id = "ann"}},
      {.filter = {.kind = std::string(65, 'a')}},
      {.filter = {.kind = std::string("a\0b", 3)}},
      {.filter = {.since = time, .until = time - std::chrono::seconds(1)}},
      {.after_sequence = -1},
      {.filter = {.kind = "login.failed"}, .after_sequence = 0},
      {.page_token = "x"},
      {.page_token = other},
      {.page_token = token + "AAAA"},
      {.page_token = token.substr(4)},
      {.page_token = token, .filter = {.kind = "login.locked"}},
      {.page_token = token, .filter = {.since = time}},
      {.page_token = token, .after_sequence = 0},
      {.page_token = along},
      {.page_token = along, .after_sequence = 1},
  };
  for (const AuditLog::Listing& listing : bad) {
    const auto page = List(listing);
    EXPECT_EQ(ReasonOf(page.status()), errors::reasons::INVALID_FIELD);
    EXPECT_EQ(errors::FaultsOf(page.status()).size(), 1u) << page.status();
  }
  EXPECT_TRUE(List({.page_size = 2, .page_token = token}).ok());  // the size may change
}

TEST_F(AuditLogTest, SaysThatTheDatabaseIsAway) {
  UnreachableAccounts away;
  AuditStoreSql store(away.database());
  AuditLog log(store, away.store(), clock_);
  EXPECT_EQ(ReasonOf(Wait(log.Record(InAMinute(), Locked())).status()),
            errors::reasons::DEPENDENCY_DOWN);
  EXPECT_EQ(ReasonOf(Wait(log.List(InAMinute(), {})).status()), errors::reasons::DEPENDENCY_DOWN);
}

// What an AuditAnchor writes. Thread-safe.
class Lines {
 public:
  Lines() {
    telemetry::SetLogLevel(telemetry::Level::kInfo);
    telemetry::SetLogSink([this](telemetry::Level, std::string_view line) {
      const sync::MutexLock lock(&mutex_);
      if (line.find("audit_link") == std::string_view::npos) return;
      lines_.emplace_back(line);
      changed_.NotifyAll();
    });
  }
  ~Lines() { telemetry::SetLogSink({}); }
  std::vector<std::string> Await(std::size_t count) {
    const sync::MutexLock lock(&mutex_);
    while (lines_.size() < count) changed_.Wait(&mutex_);
    return lines_;
  }
  std::vector<std::string> all() { return Await(0); }

 private:
  sync::Mutex mutex_;
  sync::CondVar changed_;
  std::vector<std::string> lines_ ABSL_GUARDED_BY(mutex_);
};

TEST_F(AuditLogTest, TheEndOfTheChainIsWrittenIntoTheProcesssLogWheneverItHasMoved) {
  const auto link = [&] { return audit::TextOf(*Wait(store_.Head(InAMinute()))); };
  Lines lines;
  ASSERT_TRUE(Record(Locked()).ok());
  const std::string first = link();
  {
    AuditAnchor anchor(store_, std::chrono::milliseconds(1));
    EXPECT_NE(lines.Await(1)[0].find("\"" + first + "\""), std::string::npos);
    ASSERT_TRUE(Record(Locked()).ok());
    EXPECT_NE(lines.Await(2)[1].find("\"" + link() + "\""), std::string::npos);
  }
  EXPECT_EQ(lines.all().size(), 2u);  // it did not move again
}

TEST_F(AuditLogTest, TheEndOfTheChainIsWrittenWhenTheProcessEnds) {
  Lines lines;
  AuditAnchor anchor(store_, std::chrono::hours(1));
  ASSERT_TRUE(Record(Locked()).ok());
  anchor.Stop();
  anchor.Stop();
  ASSERT_EQ(lines.all().size(), 1u);
  EXPECT_NE(lines.all()[0].find(audit::TextOf(*Wait(store_.Head(InAMinute())))), std::string::npos);
}

}  // namespace
}  // namespace tokenforge::users
