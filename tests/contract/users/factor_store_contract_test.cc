// What FactorStore promises, on both databases.
#include <soci/soci.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "services/users/factor_store.h"
#include "services/users/factor_store_sql.h"
#include "tests/contract/users/sql_bodies.h"

namespace tokenforge::users {
namespace {

using errors::ReasonOf;
using Written = absl::StatusOr<std::optional<Beside>>;
using Key = FactorStore::Key;
constexpr auto kMinute = std::chrono::minutes(1);
// What a text column must give back as it was.
constexpr char kAnyText[] = "a ' \" \\ :x ::y ? $1 -- \xC3\xAB \xF0\x9F\x94\x91";

class FactorStoreContract : public SqlContract {
 protected:
  void SetUp() override { user_ = Create(stores(), "ann@example.org")->user_id; }

  static LoginChallenge ChallengeOf(const std::string& user_id, const std::string& hash,
                                    clock::WallTime create_time = kNow) {
    return {.hash = hash,
            .user_id = user_id,
            .client_id = "spiffe://tokenforge.local/app",
            .device_name = kAnyText,
            .user_agent = "agent",
            .device_address = "2001:db8::1",
            .create_time = create_time,
            .expire_time = create_time + kMinute};
  }
  absl::Status Open(const LoginChallenge& challenge) {
    Beside beside{.events = {EventOf("login.password_accepted", challenge.user_id)}};
    return Wait(store_->Open(InAMinute(), challenge, std::move(beside)));
  }
  absl::Status Change(Key key, FactorStore::Edit edit) {
    return Wait(store_->Change(InAMinute(), std::move(key), std::move(edit)));
  }
  FactorState Find(Key key) { return Wait(store_->Find(InAMinute(), std::move(key))).value(); }
  bool IsThere(const std::string& hash) {
    return Wait(store_->Find(InAMinute(), {.challenge_hash = hash})).ok();
  }
  int Events() {
    auto read = [](SqlSession& session) -> absl::StatusOr<int> {
      int rows = 0;
      session.soci() << "select count(*) from audit_events", soci::into(rows);
      return rows;
    };
    return Wait(stores().database.Run(InAMinute(), "Test", read)).value();
  }

  std::string user_;
  std::unique_ptr<FactorStore> store_ = std::make_unique<FactorStoreSql>(stores().database);
};

INSTANTIATE_TEST_SUITE_P(Bodies, FactorStoreContract, FactorStoreContract::Bodies(),
                         FactorStoreContract::NameOf);

TEST_P(FactorStoreContract, HasNoneUntilOneIsWritten) {
  EXPECT_TRUE(Find({.user_id = user_}).factor.empty());
  const SecondFactor factor{.enrolled_secret = kAnyText,
                            .enrolled_tries = 3,
                            .secret = "one.nonce.bytes",
                            .last_step = 60'000'000'000,
                            .recovery_hashes = {"aa", "bb"}};
  ASSERT_TRUE(Change({.user_id = user_}, [&](FactorState& state) -> Written {
                state.factor = factor;
                state.account.account.mfa_enabled = true;
                state.account.account.update_time = kNow + kMinute;
                return Beside{};
              }).ok());
  const FactorState found = Find({.user_id = user_});
  EXPECT_EQ(found.factor, factor);
  EXPECT_TRUE(found.account.account.mfa_enabled);
  EXPECT_EQ(found.account.account.update_time, kNow + kMinute);
  EXPECT_FALSE(found.challenge);
}

TEST_P(FactorStoreContract, IsReplacedAndRemovedAsAWhole) {
  const auto put = [&](SecondFactor factor) {
    return Change({.user_id = user_}, [&](FactorState& state) -> Written {
      state.factor = factor;
      return Beside{};
    });
  };
  ASSERT_TRUE(put({.secret = "first", .last_step = 7, .recovery_hashes = {"aa"}}).ok());
  ASSERT_TRUE(put({.secret = "second"}).ok());
  EXPECT_EQ(Find({.user_id = user_}).factor, SecondFactor{.secret = "second"});
  ASSERT_TRUE(put({}).ok());
  EXPECT_EQ(Find({.user_id = user_}).factor, SecondFactor{});
}

TEST_P(FactorStoreContract, WritesNothingWhenTheEditRefusesOrHasNothingToDo) {
  const int before = Events();
  const absl::Status refused = Change({.user_id = user_}, [&](FactorState& state) -> Written {
    state.factor.secret = "lost";
    return errors::Make(errors::reasons::CODE_INVALID, "no");
  });
  EXPECT_EQ(ReasonOf(refused), errors::reasons::CODE_INVALID);
  EXPECT_TRUE(Change({.user_id = user_}, [&](FactorState& state) -> Written {
                state.factor.secret = "lost";
                return std::nullopt;
              }).ok());
  EXPECT_TRUE(Find({.user_id = user_}).factor.empty());
  EXPECT_EQ(Events(), before);
}

TEST_P(FactorStoreContract, WritesWhatIsBesideItInTheSameTransaction) {
  const int before = Events();
  const absl::Status refused = Change({.user_id = user_}, [&](FactorState& state) -> Written {
    state.factor.secret = "lost";
    return Beside{.events = {EventOf(std::string("nul\0", 4), user_)}};
  });
  EXPECT_EQ(ReasonOf(refused), errors::reasons::INVALID_FIELD);
  EXPECT_TRUE(Find({.user_id = user_}).factor.empty());
  EXPECT_EQ(Events(), before);
  EXPECT_TRUE(Change({.user_id = user_}, [&](FactorState& state) -> Written {
                state.factor.secret = "kept";
                return Beside{.events = {EventOf("factor.confirmed", user_)}};
              }).ok());
  EXPECT_EQ(Events(), before + 1);
}

TEST_P(FactorStoreContract, NobodyAndNothingIsNotFound) {
  const std::string nobody = uuid::NewId();
  for (const Key& key : {Key{.user_id = nobody}, Key{.challenge_hash = "none"},
                         Key{.user_id = user_ + std::string("\0x", 2)},
                         Key{.challenge_hash = std::string("\0", 1)}}) {
    EXPECT_EQ(ReasonOf(Wait(store_->Find(InAMinute(), key)).status()), errors::reasons::NOT_FOUND);
    EXPECT_EQ(ReasonOf(Change(key, [](FactorState&) -> Written { return Beside{}; })),
              errors::reasons::NOT_FOUND);
  }
  EXPECT_EQ(ReasonOf(Open(ChallengeOf(nobody, "hash"))), errors::reasons::NOT_FOUND);
}

TEST_P(FactorStoreContract, ChallengeComesBackAsItWas) {
  const LoginChallenge challenge = ChallengeOf(user_, "hash");
  ASSERT_TRUE(Open(challenge).ok());
  const FactorState found = Find({.challenge_hash = "hash"});
  EXPECT_EQ(found.account.account.user_id, user_);
  ASSERT_TRUE(found.challenge);
  EXPECT_EQ(found.challenge->user_id, user_);
  EXPECT_EQ(found.challenge->client_id, challenge.client_id);
  EXPECT_EQ(found.challenge->device_name, kAnyText);
  EXPECT_EQ(found.challenge->user_agent, "agent");
  EXPECT_EQ(found.challenge->device_address, "2001:db8::1");
  EXPECT_EQ(found.challenge->tries, 0);
  EXPECT_EQ(found.challenge->create_time, challenge.create_time);
  EXPECT_EQ(found.challenge->expire_time, challenge.expire_time);
}

TEST_P(FactorStoreContract, ChallengeWithANulIsRefused) {
  LoginChallenge challenge = ChallengeOf(user_, "hash");
  challenge.device_address = std::string("2001:db8::1\0x", 13);
  EXPECT_EQ(ReasonOf(Open(challenge)), errors::reasons::INVALID_FIELD);
  EXPECT_FALSE(IsThere("hash"));
}

TEST_P(FactorStoreContract, ChallengeIsCountedUsedUpAndDropped) {
  for (const char* hash : {"one", "two", "three"}) ASSERT_TRUE(Open(ChallengeOf(user_, hash)).ok());
  ASSERT_TRUE(Change({.challenge_hash = "one"}, [](FactorState& state) -> Written {
                ++state.challenge->tries;
                return Beside{};
              }).ok());
  EXPECT_EQ(Find({.challenge_hash = "one"}).challenge->tries, 1);
  EXPECT_EQ(Find({.challenge_hash = "two"}).challenge->tries, 0);
  ASSERT_TRUE(Change({.challenge_hash = "one"}, [](FactorState& state) -> Written {
                state.challenge.reset();
                return Beside{};
              }).ok());
  EXPECT_FALSE(IsThere("one"));
  EXPECT_TRUE(IsThere("two"));
  ASSERT_TRUE(Change({.user_id = user_}, [](FactorState& state) -> Written {
                state.drop_challenges = true;
                return Beside{};
              }).ok());
  EXPECT_FALSE(IsThere("two"));
  EXPECT_FALSE(IsThere("three"));
}

TEST_P(FactorStoreContract, OpeningForgetsTheUsersExpiredChallengesAndNobodyElses) {
  const std::string bob = Create(stores(), "bob@example.org")->user_id;
  ASSERT_TRUE(Open(ChallengeOf(user_, "old")).ok());
  ASSERT_TRUE(Open(ChallengeOf(user_, "live", kNow + std::chrono::microseconds(1))).ok());
  ASSERT_TRUE(Open(ChallengeOf(bob, "bobs")).ok());
  ASSERT_TRUE(Open(ChallengeOf(user_, "new", kNow + kMinute)).ok());
  EXPECT_FALSE(IsThere("old"));
  EXPECT_TRUE(IsThere("live"));
  EXPECT_TRUE(IsThere("bobs"));
}

// What every code's "once" stands on: of changes that race, each sees what the one before it wrote.
TEST_P(FactorStoreContract, ChangesThatRaceComeOneAfterTheOther) {
  ASSERT_TRUE(Open(ChallengeOf(user_, "hash")).ok());
  std::vector<std::thread> racers;
  std::atomic<int> done = 0;
  for (int i = 0; i < 16; ++i) {
    const Key key = i % 2 == 0 ? Key{.user_id = user_} : Key{.challenge_hash = "hash"};
    racers.emplace_back([&, key] {
      const absl::Status changed = Change(key, [](FactorState& state) -> Written {
        state.factor.secret = "in force";
        ++state.factor.last_step;
        return Beside{};
      });
      done += changed.ok() ? 1 : 0;
    });
  }
  for (std::thread& racer : racers) racer.join();
  EXPECT_EQ(done, 16);
  EXPECT_EQ(Find({.user_id = user_}).factor.last_step, 16);
}

TEST_P(FactorStoreContract, OfUsesOfOneChallengeThatRaceOneFindsIt) {
  ASSERT_TRUE(Open(ChallengeOf(user_, "hash")).ok());
  std::vector<std::thread> racers;
  std::atomic<int> used = 0;
  for (int i = 0; i < 8; ++i) {
    racers.emplace_back([&] {
      const absl::Status changed =
          Change({.challenge_hash = "hash"}, [](FactorState& state) -> Written {
            state.challenge.reset();
            return Beside{};
          });
      used += changed.ok() ? 1 : 0;
    });
  }
  for (std::thread& racer : racers) racer.join();
  EXPECT_EQ(used, 1);
}

// An account that is deleted takes its second factor and its waiting logins with it.
TEST_P(FactorStoreContract, GoesWithTheAccount) {
  ASSERT_TRUE(Open(ChallengeOf(user_, "hash")).ok());
  ASSERT_TRUE(Change({.user_id = user_}, [](FactorState& state) -> Written {
                state.factor.secret = "in force";
                return Beside{};
              }).ok());
  auto remove = [&](SqlSession& session) -> absl::StatusOr<int> {
    session.soci() << "delete from accounts where id = '" + user_ + "'";
    int left = 0;
    session.soci() << "select (select count(*) from second_factors) + (select count(*) from "
                      "login_challenges)",
        soci::into(left);
    return left;
  };
  EXPECT_EQ(Wait(stores().database.Run(InAMinute(), "Test", remove)).value(), 0);
}

}  // namespace
}  // namespace tokenforge::users
