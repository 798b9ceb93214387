// Single-use tokens on both databases.
#include <future>
#include <memory>
#include <optional>
#include <string>
#include <vector>

#include "gtest/gtest.h"
#include "services/users/token_rows.h"
#include "tests/contract/users/sql_bodies.h"

namespace tokenforge::users {
namespace {

using enum TokenPurpose;
using Owner = std::optional<std::string>;

class TokenRowsContract : public SqlContract {
 protected:
  std::string NewUser(std::string_view email) { return Create(stores(), email)->user_id; }

  // Runs in a transaction and returns what it gave.
  template <class Use>
  auto InTransaction(Use use) {
    using Result = std::invoke_result_t<Use&, TokenRows&>;
    return *Wait(stores().database.Run(
        InAMinute(), "Test", [use](SqlSession& session) mutable -> absl::StatusOr<Result> {
          return session.InTransaction(
              [&]() -> absl::StatusOr<Result> { return use(session.Part<TokenRows>()); });
        }));
  }

  TokenHash Put(TokenPurpose purpose, const std::string& user_id, clock::WallTime expire_time) {
    const TokenHash hash = *HashOf(purpose, NewToken(purpose).Expose());
    EXPECT_TRUE(InTransaction(
        [&](TokenRows& rows) { return rows.Put(purpose, hash, user_id, expire_time); }));
    return hash;
  }
  Owner Peek(TokenPurpose purpose, const TokenHash& hash, clock::WallTime now = kNow) {
    return InTransaction([&](TokenRows& rows) { return rows.Peek(purpose, hash, now); });
  }
  Owner Use(TokenPurpose purpose, const TokenHash& hash, clock::WallTime now = kNow) {
    return InTransaction([&](TokenRows& rows) { return rows.Use(purpose, hash, now); });
  }
  long long RemoveExpired() {
    return InTransaction([](TokenRows& rows) { return rows.RemoveExpired(kNow); });
  }
};

constexpr auto kTick = std::chrono::microseconds(1);
constexpr auto kMinute = std::chrono::minutes(1);

TEST_P(TokenRowsContract, IsUsedOnce) {
  const std::string ann = NewUser("ann@example.org");
  const TokenHash token = Put(kPasswordReset, ann, kNow + kMinute);
  EXPECT_EQ(Peek(kPasswordReset, token), ann);
  EXPECT_EQ(Peek(kPasswordReset, token), ann);
  EXPECT_EQ(Use(kPasswordReset, token), ann);
  EXPECT_EQ(Use(kPasswordReset, token), std::nullopt);
  EXPECT_EQ(Peek(kPasswordReset, token), std::nullopt);
}

TEST_P(TokenRowsContract, IsGoodBeforeItsExpireTimeAndNotAtIt) {
  const TokenHash token = Put(kPasswordReset, NewUser("ann@example.org"), kNow + kMinute);
  EXPECT_EQ(Peek(kPasswordReset, token, kNow + kMinute), std::nullopt);
  EXPECT_EQ(Use(kPasswordReset, token, kNow + kMinute), std::nullopt);
  EXPECT_NE(Use(kPasswordReset, token, kNow + kMinute - kTick), std::nullopt);
}

TEST_P(TokenRowsContract, IsGoodForItsPurposeOnly) {
  const TokenHash token = Put(kPasswordReset, NewUser("ann@example.org"), kNow + kMinute);
  EXPECT_EQ(Use(kEmailVerification, token), std::nullopt);
  EXPECT_EQ(Peek(kLoginChallenge, token), std::nullopt);
  EXPECT_NE(Use(kPasswordReset, token), std::nullopt);
}

TEST_P(TokenRowsContract, UsesUpAllOfTheUserAndPurposeAndNoOthers) {
  const std::string ann = NewUser("ann@example.org");
  const std::string bob = NewUser("bob@example.org");
  const TokenHash first = Put(kPasswordReset, ann, kNow + kMinute);
  const TokenHash second = Put(kPasswordReset, ann, kNow + 2 * kMinute);
  const TokenHash other_purpose = Put(kEmailVerification, ann, kNow + kMinute);
  const TokenHash other_user = Put(kPasswordReset, bob, kNow + kMinute);
  EXPECT_EQ(Use(kPasswordReset, first), ann);
  EXPECT_EQ(Use(kPasswordReset, second), std::nullopt);
  EXPECT_EQ(Peek(kEmailVerification, other_purpose), ann);
  EXPECT_EQ(Peek(kPasswordReset, other_user), bob);
}

TEST_P(TokenRowsContract, IsNotUsedUpByATransactionThatFailed) {
  const std::string ann = NewUser("ann@example.org");
  const TokenHash token = Put(kPasswordReset, ann, kNow + kMinute);
  const absl::Status refused =
      Wait(stores().database.Run(InAMinute(), "Test", [&](SqlSession& session) {
        return session.InTransaction([&]() -> absl::Status {
          EXPECT_EQ(session.Part<TokenRows>().Use(kPasswordReset, token, kNow), ann);
          return absl::AbortedError("something else was wrong");
        });
      }));
  EXPECT_EQ(refused.code(), absl::StatusCode::kAborted);
  EXPECT_EQ(Use(kPasswordReset, token), ann);
}

TEST_P(TokenRowsContract, GivesOneOfManyWhoRaceForItTheUser) {
  const TokenHash token = Put(kPasswordReset, NewUser("ann@example.org"), kNow + kMinute);
  std::vector<std::future<Owner>> racers;
  for (int i = 0; i < 8; ++i) {
    racers.push_back(std::async(std::launch::async, [&] { return Use(kPasswordReset, token); }));
  }
  int winners = 0;
  for (auto& racer : racers) winners += racer.get() ? 1 : 0;
  EXPECT_EQ(winners, 1);
}

TEST_P(TokenRowsContract, IsNotStoredForNobody) {
  const TokenHash hash = *HashOf(kPasswordReset, NewToken(kPasswordReset).Expose());
  EXPECT_FALSE(InTransaction([&](TokenRows& rows) {
    return rows.Put(kPasswordReset, hash, uuid::NewId(), kNow + kMinute);
  }));
}

TEST_P(TokenRowsContract, KeepsTheNewestTenOfAUserAndPurpose) {
  const std::string ann = NewUser("ann@example.org");
  std::vector<TokenHash> tokens;
  for (int i = 0; i <= TokenRows::kMaxLive; ++i) {
    tokens.push_back(Put(kLoginChallenge, ann, kNow + kMinute + i * kTick));
  }
  EXPECT_EQ(Peek(kLoginChallenge, tokens[0]), std::nullopt);
  for (std::size_t i = 1; i < tokens.size(); ++i) EXPECT_EQ(Peek(kLoginChallenge, tokens[i]), ann);
}

TEST_P(TokenRowsContract, ForgetsWhatExpiredAndNothingElse) {
  const std::string ann = NewUser("ann@example.org");
  Put(kPasswordReset, ann, kNow - kMinute);
  Put(kPasswordReset, ann, kNow);
  Put(kEmailVerification, ann, kNow - kTick);
  const TokenHash live = Put(kPasswordReset, ann, kNow + kTick);
  EXPECT_EQ(RemoveExpired(), 3);
  EXPECT_EQ(RemoveExpired(), 0);
  EXPECT_EQ(Peek(kPasswordReset, live), ann);
}

TEST_P(TokenRowsContract, ForgetsABoundedNumberAtOnce) {
  constexpr int kUsers = TokenRows::kMostExpired / TokenRows::kMaxLive + 1;
  for (int user = 0; user < kUsers; ++user) {
    const std::string id = NewUser("user" + std::to_string(user) + "@example.org");
    for (int i = 0; i < TokenRows::kMaxLive; ++i) Put(kPasswordReset, id, kNow);
  }
  EXPECT_EQ(RemoveExpired(), TokenRows::kMostExpired);
  EXPECT_EQ(RemoveExpired(), TokenRows::kMaxLive);
}

INSTANTIATE_TEST_SUITE_P(Databases, TokenRowsContract, SqlContract::Bodies(), SqlContract::NameOf);

TEST(SingleUseToken, IsTextThatNamesItsPurpose) {
  const secret::Secret token = NewToken(kPasswordReset);
  EXPECT_EQ(token.size(), 47U);
  EXPECT_TRUE(token.Expose().starts_with("tfp_"));
  EXPECT_NE(token.Expose(), NewToken(kPasswordReset).Expose());
  EXPECT_TRUE(HashOf(kPasswordReset, token.Expose()));
}

TEST(SingleUseToken, HasNoHashWhenItsFormIsAnother) {
  const std::string token(NewToken(kPasswordReset).Expose());
  EXPECT_FALSE(HashOf(kEmailVerification, token));
  EXPECT_FALSE(HashOf(kPasswordReset, ""));
  EXPECT_FALSE(HashOf(kPasswordReset, token.substr(0, 46)));
  EXPECT_FALSE(HashOf(kPasswordReset, token + "A"));
  EXPECT_FALSE(HashOf(kPasswordReset, token + std::string(1, '\0')));
  for (const char wrong : {'\0', ' ', '+', '/', '=', '\'', '%', '\n'}) {
    std::string changed = token;
    changed[20] = wrong;
    EXPECT_FALSE(HashOf(kPasswordReset, changed)) << static_cast<int>(wrong);
  }
}

}  // namespace
}  // namespace tokenforge::users
