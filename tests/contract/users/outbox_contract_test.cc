// The mail outbox on both databases.
#include <future>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/users/outbox_store_sql.h"
#include "tests/contract/users/sql_bodies.h"

namespace tokenforge::users {
namespace {

constexpr auto kLease = std::chrono::minutes(1);
constexpr auto kTick = std::chrono::microseconds(1);

class OutboxContract : public SqlContract {
 protected:
  void Add(const std::string& email, clock::WallTime time = kNow) {
    const MailIntent mail{.kind = "new_login",
                          .email = email,
                          .user_id = "",
                          .create_time = time,
                          .attributes = {{"device", "Zo\xC3\xAB's \"phone\" :id [1:2] \\"}}};
    ASSERT_TRUE(Wait(stores().accounts.Record(InAMinute(), {.mails = {mail}})).ok());
  }
  std::optional<QueuedMail> Claim(clock::WallTime now = kNow) {
    return *Wait(outbox_.Claim(InAMinute(), now, now + kLease));
  }
  bool Remove(const QueuedMail& mail) { return *Wait(outbox_.Remove(InAMinute(), mail)); }
  bool Postpone(const QueuedMail& mail, clock::WallTime until) {
    return *Wait(outbox_.Postpone(InAMinute(), mail, until));
  }
  OutboxDepth Depth() { return *Wait(outbox_.Depth(InAMinute())); }

  OutboxStoreSql outbox_{stores().database};
};

TEST_P(OutboxContract, GivesAMailAsItWasPutIn) {
  EXPECT_FALSE(Claim());
  Add("ann@example.org");
  const auto mail = Claim();
  ASSERT_TRUE(mail);
  EXPECT_EQ(mail->intent.kind, "new_login");
  EXPECT_EQ(mail->intent.email, "ann@example.org");
  EXPECT_EQ(mail->intent.create_time, kNow);
  EXPECT_EQ(mail->intent.attributes.at("device"), "Zo\xC3\xAB's \"phone\" :id [1:2] \\");
  EXPECT_EQ(mail->attempts, 1);
}

TEST_P(OutboxContract, KeepsAClaimedMailFromOthersUntilTheLeaseEnds) {
  Add("ann@example.org");
  const auto first = Claim();
  EXPECT_FALSE(Claim());
  EXPECT_FALSE(Claim(kNow + kLease - kTick));
  const auto second = Claim(kNow + kLease);
  ASSERT_TRUE(second);
  EXPECT_EQ(second->id, first->id);
  EXPECT_EQ(second->attempts, 2);
  // Who was too slow settles nothing.
  EXPECT_FALSE(Remove(*first));
  EXPECT_FALSE(Postpone(*first, kNow));
  EXPECT_EQ(Depth().mails, 1);
  EXPECT_TRUE(Remove(*second));
  EXPECT_FALSE(Remove(*second));
  EXPECT_EQ(Depth().mails, 0);
}

TEST_P(OutboxContract, GivesAPostponedMailWhenItsTimeHasCome) {
  Add("ann@example.org");
  ASSERT_TRUE(Postpone(*Claim(), kNow + 2 * kLease));
  EXPECT_FALSE(Claim(kNow + 2 * kLease - kTick));
  const auto again = Claim(kNow + 2 * kLease);
  ASSERT_TRUE(again);
  EXPECT_EQ(again->attempts, 2);
}

TEST_P(OutboxContract, GivesTheOldestFirstAndTellsItsAge) {
  EXPECT_FALSE(Depth().oldest);
  Add("bob@example.org", kNow);
  Add("ann@example.org", kNow - kLease);
  EXPECT_EQ(Depth().mails, 2);
  EXPECT_EQ(Depth().oldest, kNow - kLease);
  EXPECT_EQ(Claim()->intent.email, "ann@example.org");
}

TEST_P(OutboxContract, GivesEachMailToOneOfThoseWhoRaceForThem) {
  constexpr int kMails = 12;
  for (int i = 0; i < kMails; ++i) Add(Numbered(i));
  std::vector<std::future<std::vector<std::string>>> racers;
  for (int i = 0; i < 4; ++i) {
    racers.push_back(std::async(std::launch::async, [this] {
      std::vector<std::string> mine;
      while (const auto mail = Claim()) mine.push_back(mail->intent.email);
      return mine;
    }));
  }
  std::set<std::string> claimed;
  for (auto& racer : racers) {
    for (const std::string& email : racer.get()) EXPECT_TRUE(claimed.insert(email).second) << email;
  }
  // PostgreSQL passes over a row that another is claiming, so racers may leave some behind.
  while (const auto mail = Claim()) EXPECT_TRUE(claimed.insert(mail->intent.email).second);
  EXPECT_EQ(claimed.size(), static_cast<std::size_t>(kMails));
}

TEST_P(OutboxContract, PutsATokenOnlyForWhomTheAddressBelongsTo) {
  const std::string ann = Create(stores(), "ann@example.org")->user_id;
  Add("ann@example.org");
  Add("nobody@example.org");
  for (int i = 0; i < 2; ++i) {
    const auto mail = Claim();
    const TokenHash token =
        *HashOf(TokenPurpose::kPasswordReset, NewToken(TokenPurpose::kPasswordReset).Expose());
    const auto recipient = *Wait(
        outbox_.PutToken(InAMinute(), *mail, TokenPurpose::kPasswordReset, token, kNow + kLease));
    EXPECT_EQ(recipient.has_value(), mail->intent.email == "ann@example.org");
    if (!recipient) continue;
    EXPECT_EQ(recipient->user_id, ann);
  }
  EXPECT_EQ(*Wait(outbox_.RemoveExpiredTokens(InAMinute(), kNow + kLease)), 1);
}

TEST_P(OutboxContract, RegistersOnceAndTellsTheOwnerOfATakenAddress) {
  const MailIntent welcome{
      .kind = "welcome", .email = "ann@example.org", .user_id = "", .create_time = kNow};
  const MailIntent taken{
      .kind = "taken", .email = "ann@example.org", .user_id = "", .create_time = kNow};
  for (const char* expected : {"welcome", "taken"}) {
    Add("ann@example.org");
    const auto note = Claim();
    ASSERT_TRUE(note);
    for (int i = 0; i < 2; ++i) {  // a repetition changes nothing
      ASSERT_TRUE(
          Wait(outbox_.Register(InAMinute(), *note, MakeAccount(uuid::NewId(), "ann@example.org"),
                                {.mails = {welcome}}, {.mails = {taken}}))
              .ok());
    }
    EXPECT_EQ(Depth().mails, 1);
    const auto mail = Claim();
    ASSERT_TRUE(mail);
    EXPECT_EQ(mail->intent.kind, expected);
    EXPECT_TRUE(Remove(*mail));
  }
}

INSTANTIATE_TEST_SUITE_P(Databases, OutboxContract, SqlContract::Bodies(), SqlContract::NameOf);

}  // namespace
}  // namespace tokenforge::users
