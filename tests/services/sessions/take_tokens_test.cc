// TakeTokens over gRPC, on the store in memory: what is refused as a request, what is answered,
// what goes back, and what is counted.
#include <gmock/gmock.h>

#include <atomic>
#include <initializer_list>
#include <thread>

#include "lib/telemetry/metrics.h"
#include "tests/services/sessions/session_service_fixture.h"

namespace tokenforge::sessions {
namespace {

using errors::FieldFault;
using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using Bucket = v1::TakeTokensRequest::Bucket;

Bucket One(const std::string& policy, const std::string& subject, int tokens = 1,
           const std::string& partition = "") {
  Bucket bucket;
  bucket.set_policy(policy);
  bucket.set_subject(subject);
  bucket.set_tokens(tokens);
  bucket.set_partition(partition);
  return bucket;
}

Bucket Ending(const std::string& subject) {
  Bucket bucket = One("account_lock", subject, -1);
  bucket.set_ends_streak(true);
  return bucket;
}

double Refusals(const std::string& policy) {
  const std::string text = telemetry::ExposeText();
  const std::string name = "tokenforge_rate_limited_total{policy=\"" + policy + "\"} ";
  const size_t at = text.find(name);
  return at == std::string::npos ? 0 : std::stod(text.substr(at + name.size()));
}

class TakeTokensTest : public SessionServiceTest {
 protected:
  absl::Status Ask(std::initializer_list<Bucket> buckets, v1::TakeTokensResponse* response) {
    v1::TakeTokensRequest request;
    request.mutable_buckets()->Add(buckets.begin(), buckets.end());
    return Call(&v1::SessionService::Stub::TakeTokens, request, response);
  }
  v1::TakeTokensResponse Take(std::initializer_list<Bucket> buckets) {
    v1::TakeTokensResponse response;
    const absl::Status status = Ask(buckets, &response);
    EXPECT_TRUE(status.ok()) << status;
    return response;
  }
  int TakeAll(const Bucket& bucket) {
    int taken = 0;
    while (Take({bucket}).allowed()) ++taken;
    return taken;
  }
  std::vector<std::string> FaultyFields(std::initializer_list<Bucket> buckets) {
    v1::TakeTokensResponse response;
    const absl::Status status = Ask(buckets, &response);
    EXPECT_EQ(errors::ReasonOf(status), errors::reasons::INVALID_FIELD);
    std::vector<std::string> fields;
    for (const FieldFault& fault : errors::FaultsOf(status)) fields.push_back(fault.field);
    return fields;
  }
  // As the façade asks before it verifies a password.
  v1::TakeTokensResponse Login(const std::string& email, const std::string& address) {
    return Take({One("login_account", email + " " + address, 1, address),
                 One("login_address", address, 1, address), One("account_lock", email)});
  }
};

TEST_F(TakeTokensTest, AnswersWithEveryLevelInOrder) {
  const v1::TakeTokensResponse answer = Login("a@example.test", "192.0.2.1");
  EXPECT_TRUE(answer.allowed());
  EXPECT_EQ(answer.retry_after().seconds(), 0);
  ASSERT_EQ(answer.levels_size(), 3);
  EXPECT_EQ(answer.levels(0).policy(), "login_account");
  EXPECT_EQ(answer.levels(0).limit(), 5);
  EXPECT_EQ(answer.levels(0).remaining(), 4);
  EXPECT_EQ(answer.levels(0).reset().seconds(), 180);
  EXPECT_EQ(answer.levels(1).policy(), "login_address");
  EXPECT_EQ(answer.levels(1).remaining(), 99);
  EXPECT_EQ(answer.levels(1).reset().seconds(), 9);
  EXPECT_EQ(answer.levels(2).policy(), "account_lock");
  EXPECT_EQ(answer.levels(2).limit(), 20);
  EXPECT_EQ(answer.levels(2).remaining(), 19);
}

TEST_F(TakeTokensTest, RefusesWithTheTimeToWaitAndTakesNothing) {
  for (int i = 0; i < 5; ++i) EXPECT_TRUE(Login("a@example.test", "192.0.2.1").allowed());
  const v1::TakeTokensResponse refused = Login("a@example.test", "192.0.2.1");
  EXPECT_FALSE(refused.allowed());
  EXPECT_EQ(refused.retry_after().seconds(), 180);
  EXPECT_EQ(refused.levels(0).remaining(), 0);
  EXPECT_EQ(refused.levels(1).remaining(), 95) << "of the same partition";
  EXPECT_EQ(refused.levels(2).remaining(), 15) << "of another, where it had been taken";
  EXPECT_EQ(limit_store_.size(), 3u);
  clock_.Advance(minutes(3));
  EXPECT_TRUE(Login("a@example.test", "192.0.2.1").allowed());
}

TEST_F(TakeTokensTest, CountsARefusalByThePolicyThatRefused) {
  const double account = Refusals("login_account");
  const double address = Refusals("login_address");
  const double lock = Refusals("account_lock");
  for (int i = 0; i < 7; ++i) Login("b@example.test", "192.0.2.2");
  EXPECT_EQ(Refusals("login_account"), account + 2);
  EXPECT_EQ(Refusals("login_address"), address);
  for (int i = 0; i < 22; ++i) Take({One("account_lock", "c@example.test")});
  EXPECT_EQ(Refusals("account_lock"), lock + 2);
}

TEST_F(TakeTokensTest, TwoHundredParallelGuessesCountAsTwoHundred) {
  std::atomic<int> through = 0;
  std::vector<std::thread> clients;
  for (int client = 0; client < 20; ++client) {
    clients.emplace_back([&, client] {
      for (int i = 0; i < 10; ++i) {
        // Each from an address of its own: only the account is the same.
        const std::string address = "192.0.2." + std::to_string(client) + "/" + std::to_string(i);
        through += Login("victim@example.test", address).allowed();
      }
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(through, 20);
  const v1::TakeTokensResponse locked = Login("victim@example.test", "198.51.100.7");
  EXPECT_FALSE(locked.allowed());
  EXPECT_EQ(locked.retry_after().seconds(), 60);
  EXPECT_EQ(locked.levels(2).remaining(), 0);
  EXPECT_EQ(locked.levels(2).reset().seconds(), 60);
  EXPECT_EQ(locked.levels(0).remaining(), 5) << "what the address gave went back";
}

TEST_F(TakeTokensTest, ASuccessEndsTheStreakAndGivesBackTheAccountsShare) {
  for (int i = 0; i < 4; ++i) Login("a@example.test", "192.0.2.1");
  const v1::TakeTokensResponse back =
      Take({One("login_account", "a@example.test 192.0.2.1", -1, "192.0.2.1"),
            Ending("a@example.test")});
  EXPECT_TRUE(back.allowed());
  EXPECT_EQ(back.levels(0).remaining(), 2);
  EXPECT_EQ(back.levels(1).remaining(), 20);
  EXPECT_EQ(back.levels(1).reset().seconds(), 0);
}

TEST_F(TakeTokensTest, AnAttemptWithoutAVerdictDoesNotEndTheStreak) {
  for (int i = 0; i < 19; ++i) Take({One("account_lock", "a@example.test")});
  EXPECT_EQ(Take({One("account_lock", "a@example.test", -1)}).levels(0).remaining(), 2);
  EXPECT_EQ(TakeAll(One("account_lock", "a@example.test")), 2);
}

TEST_F(TakeTokensTest, AnAddressWithoutTokensDoesNotTouchAnothersStreak) {
  Take({One("login_address", "192.0.2.1", 100)});
  for (int i = 0; i < 7; ++i) Take({One("account_lock", "victim@example.test")});
  for (int i = 0; i < 50; ++i) {
    EXPECT_FALSE(Login("victim@example.test", "192.0.2.1").allowed());
  }
  EXPECT_EQ(TakeAll(One("account_lock", "victim@example.test")), 13);
}

TEST_F(TakeTokensTest, GivingBackNeverExceedsTheBurst) {
  for (int i = 0; i < 3; ++i) Take({One("reset_account", "a@example.test", -3)});
  EXPECT_EQ(TakeAll(One("reset_account", "a@example.test")), 3);
}

TEST_F(TakeTokensTest, ABucketIsNamedByPolicyPartitionAndSubject) {
  EXPECT_EQ(TakeAll(One("reset_account", "a@example.test")), 3);
  EXPECT_EQ(TakeAll(One("reset_account", "a@example.test", 1, "a@example.test")), 0);
  EXPECT_EQ(TakeAll(One("reset_account", "b@example.test")), 3);
  EXPECT_EQ(TakeAll(One("reset_account", "a@example.test", 1, "elsewhere")), 3);
  EXPECT_EQ(TakeAll(One("register_address", "a@example.test")), 20);
}

TEST_F(TakeTokensTest, NamesEveryFaultOfARequest) {
  EXPECT_THAT(FaultyFields({}), ElementsAre("buckets"));
  EXPECT_THAT(FaultyFields({One("login", ""), One("login_account", std::string(513, 'a'), 6),
                            One("login_address", "a", 0, std::string(513, 'a')),
                            One("refresh_session", "a"), One("account_lock", "a", 2),
                            One("reset_account", "b"), One("reset_account", "b", 1, "b")}),
              ElementsAre("buckets[0].subject", "buckets[0].policy", "buckets[1].subject",
                          "buckets[1].tokens", "buckets[2].partition", "buckets[2].tokens",
                          "buckets[3].policy", "buckets[4].tokens", "buckets[6].subject"));
  EXPECT_THAT(FaultyFields({One("login_account", "a"), One("login_address", "a", -1)}),
              ElementsAre("buckets"));
  EXPECT_THAT(FaultyFields({One("login_account", "a", -6)}), ElementsAre("buckets[0].tokens"));
  EXPECT_THAT(FaultyFields({One("login_account", "a", std::numeric_limits<int>::min())}),
              ElementsAre("buckets[0].tokens"));
  Bucket ends = One("login_account", "a", -1);
  ends.set_ends_streak(true);
  EXPECT_THAT(FaultyFields({ends}), ElementsAre("buckets[0].ends_streak"));
  ends = One("account_lock", "a");
  ends.set_ends_streak(true);
  EXPECT_THAT(FaultyFields({ends}), ElementsAre("buckets[0].ends_streak"));
}

TEST_F(TakeTokensTest, TakesEightBucketsAndNoMore) {
  v1::TakeTokensRequest request;
  for (int i = 0; i < 8; ++i) *request.add_buckets() = One("login_address", std::to_string(i));
  v1::TakeTokensResponse response;
  EXPECT_TRUE(Call(&v1::SessionService::Stub::TakeTokens, request, &response).ok());
  EXPECT_EQ(response.levels_size(), 8);
  for (int i = 8; i < 100'000; ++i) *request.add_buckets() = One("", "");
  const absl::Status status = Call(&v1::SessionService::Stub::TakeTokens, request, &response);
  EXPECT_EQ(errors::ReasonOf(status), errors::reasons::INVALID_FIELD);
  EXPECT_THAT(errors::FaultsOf(status), SizeIs(3)) << "not a fault for each of them";
}

TEST_F(TakeTokensTest, AStoreThatIsAwayLetsNobodyThrough) {
  limit_store_.FailWith(errors::reasons::DEPENDENCY_DOWN);
  v1::TakeTokensResponse response;
  const absl::Status status = Ask({One("login_address", "192.0.2.1")}, &response);
  EXPECT_EQ(errors::ReasonOf(status), errors::reasons::DEPENDENCY_DOWN);
  EXPECT_TRUE(errors::RetryAfterOf(status).has_value());
}

TEST_F(TakeTokensTest, WhatWasTakenGoesBackWhenAnotherPartitionFails) {
  limit_store_.FailWith(errors::reasons::DEPENDENCY_DOWN, "a@example.test");
  v1::TakeTokensResponse response;
  for (int i = 0; i < 10; ++i) {
    const absl::Status status =
        Ask({One("login_account", "a@example.test 192.0.2.1", 1, "192.0.2.1"),
             One("account_lock", "a@example.test")},
            &response);
    EXPECT_EQ(errors::ReasonOf(status), errors::reasons::DEPENDENCY_DOWN);
  }
  EXPECT_EQ(limit_store_.size(), 0u);
}

}  // namespace
}  // namespace tokenforge::sessions
