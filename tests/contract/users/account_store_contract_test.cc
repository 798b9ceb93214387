// What every body of AccountStore promises, asked of all of them.
#include <atomic>
#include <future>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <thread>
#include <vector>

#include "gtest/gtest.h"
#include "lib/errors/errors.h"
#include "lib/uuid/uuid.h"
#include "tests/contract/users/sql_stores.h"
#include "tests/services/users/wait.h"

namespace tokenforge::users {
namespace {

using errors::ReasonOf;
using secret::Secret;
using Edited = absl::StatusOr<std::optional<Beside>>;

// A body under test, with what it needs to live.
class Body {
 public:
  virtual ~Body() = default;
  virtual AccountStore& store() = 0;
};

class SqliteBody final : public Body {
 public:
  AccountStore& store() override { return stores_.accounts; }

 private:
  TemporaryFolder folder_;
  SqlStores stores_{folder_.database_url()};
};

class PostgresBody final : public Body {
 public:
  AccountStore& store() override { return stores_.accounts; }

 private:
  contract::PostgresServer server_;
  SqlStores stores_{server_.NewDatabase()};
};

struct BodyName {
  const char* name;
  std::unique_ptr<Body> (*make)();
};

template <class T>
std::unique_ptr<Body> Make() {
  return std::make_unique<T>();
}

class AccountStoreContract : public testing::TestWithParam<BodyName> {
 protected:
  AccountStore& store() { return body_->store(); }

  absl::StatusOr<Account> Create(NewAccount account) {
    Beside beside{.events = {EventOf("account.created", account.user_id)}};
    return Wait(store().Create(InAMinute(), std::move(account), std::move(beside)));
  }
  absl::StatusOr<Account> FindById(const std::string& user_id) {
    return Wait(store().FindById(InAMinute(), user_id));
  }
  absl::StatusOr<Account> FindByEmail(std::string_view email) {
    return Wait(store().FindByEmail(InAMinute(), *CanonicalEmail::Parse(email)));
  }

 private:
  std::unique_ptr<Body> body_ = GetParam().make();
};

void ExpectSame(const Account& account, const Account& other) {
  EXPECT_EQ(account.user_id, other.user_id);
  EXPECT_EQ(account.email, other.email);
  EXPECT_EQ(account.email_verified, other.email_verified);
  EXPECT_EQ(account.given_name, other.given_name);
  EXPECT_EQ(account.family_name, other.family_name);
  EXPECT_EQ(account.roles, other.roles);
  EXPECT_EQ(account.scopes, other.scopes);
  EXPECT_EQ(account.disabled, other.disabled);
  EXPECT_EQ(account.mfa_enabled, other.mfa_enabled);
  EXPECT_EQ(account.sessions_valid_from, other.sessions_valid_from);
  EXPECT_EQ(account.kept_session_id, other.kept_session_id);
  EXPECT_EQ(account.create_time, other.create_time);
  EXPECT_EQ(account.update_time, other.update_time);
}

TEST_P(AccountStoreContract, ReturnsWhatWasStoredToTheLastByte) {
  const std::string id = uuid::NewId();
  const auto created = Create(MakeAccount(id, "ann@example.org"));
  ASSERT_TRUE(created.ok()) << created.status();
  EXPECT_EQ(created->user_id, id);
  EXPECT_EQ(created->email.text(), "ann@example.org");
  EXPECT_EQ(created->given_name, "Zo\xC3\xAB");
  EXPECT_EQ(created->family_name, MakeAccount(id, "ann@example.org").family_name);
  EXPECT_EQ(created->create_time, kNow);
  EXPECT_EQ(created->update_time, kNow);
  EXPECT_FALSE(created->email_verified);
  EXPECT_FALSE(created->disabled);
  EXPECT_TRUE(created->roles.empty());
  EXPECT_TRUE(created->scopes.empty());

  ExpectSame(*created, *FindById(id));
  ExpectSame(*created, *FindByEmail("ann@example.org"));
  const auto credentials =
      Wait(store().FindCredentials(InAMinute(), *CanonicalEmail::Parse("ann@example.org")));
  ASSERT_TRUE(credentials.ok());
  ExpectSame(*created, credentials->account);
  EXPECT_EQ(credentials->password_hash.Expose(), "$2b$04$hash");
}

TEST_P(AccountStoreContract, KeepsTimesToTheMicrosecond) {
  const std::string id = uuid::NewId();
  NewAccount account = MakeAccount(id, "ann@example.org");
  account.create_time = kNow + std::chrono::nanoseconds(999);
  ASSERT_TRUE(Create(std::move(account)).ok());
  EXPECT_EQ(FindById(id)->create_time, kNow);
}

TEST_P(AccountStoreContract, TakesEmptyNamesAndTheLongestOnes) {
  std::string longest;
  for (int i = 0; i < 100; ++i) longest += "\xF0\x9F\x94\x91";
  NewAccount account = MakeAccount(uuid::NewId(), std::string(64, 'a') + "@example.org");
  account.given_name = "";
  account.family_name = longest;
  const auto created = Create(std::move(account));
  ASSERT_TRUE(created.ok()) << created.status();
  const auto found = FindById(created->user_id);
  ASSERT_TRUE(found.ok());
  EXPECT_EQ(found->given_name, "");
  EXPECT_EQ(found->family_name, longest);
}

TEST_P(AccountStoreContract, FindsNothingWhereNothingIs) {
  ASSERT_TRUE(Create(MakeAccount(uuid::NewId(), "ann@example.org")).ok());
  EXPECT_EQ(ReasonOf(FindById(uuid::NewId()).status()), errors::reasons::NOT_FOUND);
  EXPECT_EQ(ReasonOf(FindByEmail("bob@example.org").status()), errors::reasons::NOT_FOUND);
  EXPECT_EQ(
      ReasonOf(Wait(store().FindCredentials(InAMinute(), *CanonicalEmail::Parse("bob@example.org")))
                   .status()),
      errors::reasons::NOT_FOUND);
}

// No ID means "nobody": an import may bring any UUID.
TEST_P(AccountStoreContract, FindsAnAccountWhateverItsId) {
  const std::string nil = "00000000-0000-0000-0000-000000000000";
  ASSERT_TRUE(Create(MakeAccount(nil, "ann@example.org")).ok());
  EXPECT_TRUE(FindById(nil).ok());
  EXPECT_TRUE(FindByEmail("ann@example.org").ok());
}

TEST_P(AccountStoreContract, TakesNothingInAnIdForSqlOrForAPattern) {
  ASSERT_TRUE(Create(MakeAccount(uuid::NewId(), "ann@example.org")).ok());
  for (const char* id : {"' or '1'='1", "%", "_", ":key", "", "x'; delete from accounts; --"}) {
    EXPECT_EQ(ReasonOf(FindById(id).status()), errors::reasons::NOT_FOUND) << id;
  }
  EXPECT_TRUE(FindByEmail("ann@example.org").ok());
  EXPECT_FALSE(FindByEmail("a_n@example.org").ok());
}

TEST_P(AccountStoreContract, LetsAnEmailBelongToOneAccount) {
  const std::string first = uuid::NewId();
  ASSERT_TRUE(Create(MakeAccount(first, "ann@example.org")).ok());
  const std::string second = uuid::NewId();
  EXPECT_EQ(ReasonOf(Create(MakeAccount(second, "ann@example.org")).status()),
            errors::reasons::EMAIL_TAKEN);
  EXPECT_EQ(ReasonOf(FindById(second).status()), errors::reasons::NOT_FOUND);
  EXPECT_EQ(FindByEmail("ann@example.org")->user_id, first);
  // After a violated unique column the same connection goes on.
  EXPECT_TRUE(Create(MakeAccount(second, "bob@example.org")).ok());
}

TEST_P(AccountStoreContract, RecognisesARetryByItsIdAndChangesNothing) {
  const std::string id = uuid::NewId();
  ASSERT_TRUE(Create(MakeAccount(id, "ann@example.org")).ok());
  NewAccount again = MakeAccount(id, "ann@example.org");
  again.given_name = "Another";
  again.password_hash = Secret("$2b$04$other");
  const auto retried = Create(std::move(again));
  ASSERT_TRUE(retried.ok()) << retried.status();
  EXPECT_EQ(retried->given_name, "Zo\xC3\xAB");
  EXPECT_EQ(Wait(store().FindCredentials(InAMinute(), *CanonicalEmail::Parse("ann@example.org")))
                ->password_hash.Expose(),
            "$2b$04$hash");
}

TEST_P(AccountStoreContract, RefusesAnIdThatBelongsToSomebodyElse) {
  const std::string id = uuid::NewId();
  ASSERT_TRUE(Create(MakeAccount(id, "ann@example.org")).ok());
  const absl::Status status = Create(MakeAccount(id, "bob@example.org")).status();
  EXPECT_EQ(ReasonOf(status), errors::reasons::INVALID_FIELD);
  EXPECT_EQ(FindById(id)->email.text(), "ann@example.org");
  EXPECT_FALSE(FindByEmail("bob@example.org").ok());
}

// On PostgreSQL the driver would cut the text, and store or find somebody else's.
TEST_P(AccountStoreContract, NeverCutsATextAtANul) {
  const std::string id = uuid::NewId();
  ASSERT_TRUE(Create(MakeAccount(id, "ann@example.org")).ok());
  EXPECT_EQ(ReasonOf(FindById(id + std::string("\0x", 2)).status()), errors::reasons::NOT_FOUND);
  NewAccount account = MakeAccount(uuid::NewId(), "bob@example.org");
  account.given_name = std::string("Bob\0by", 6);
  EXPECT_EQ(ReasonOf(Create(std::move(account)).status()), errors::reasons::INVALID_FIELD);
  account = MakeAccount(id + std::string("\0", 1), "bob@example.org");
  EXPECT_EQ(ReasonOf(Create(std::move(account)).status()), errors::reasons::INVALID_FIELD);
  EXPECT_FALSE(FindByEmail("bob@example.org").ok());
}

TEST_P(AccountStoreContract, GivesAnEmailToExactlyOneOfManyWhoWantItAtOnce) {
  constexpr int kRounds = 20;
  constexpr int kRivals = 8;
  for (int round = 0; round < kRounds; ++round) {
    const std::string email = "ann" + std::to_string(round) + "@example.org";
    std::vector<std::future<absl::StatusOr<Account>>> rivals;
    for (int i = 0; i < kRivals; ++i) {
      rivals.push_back(std::async(std::launch::async,
                                  [&] { return Create(MakeAccount(uuid::NewId(), email)); }));
    }
    std::set<std::string> winners;
    for (auto& rival : rivals) {
      const auto created = rival.get();
      if (created.ok()) {
        winners.insert(created->user_id);
      } else {
        EXPECT_EQ(ReasonOf(created.status()), errors::reasons::EMAIL_TAKEN) << created.status();
      }
    }
    ASSERT_EQ(winners.size(), 1u);
    EXPECT_EQ(FindByEmail(email)->user_id, *winners.begin());
  }
}

TEST_P(AccountStoreContract, GivesTheSameAccountToManyRetriesAtOnce) {
  const std::string id = uuid::NewId();
  std::vector<std::future<absl::StatusOr<Account>>> retries;
  for (int i = 0; i < 8; ++i) {
    retries.push_back(
        std::async(std::launch::async, [&] { return Create(MakeAccount(id, "ann@example.org")); }));
  }
  for (auto& retry : retries) {
    const auto created = retry.get();
    ASSERT_TRUE(created.ok()) << created.status();
    EXPECT_EQ(created->user_id, id);
  }
}

TEST_P(AccountStoreContract, ReadersAndWritersDoNotGetInEachOthersWay) {
  ASSERT_TRUE(Create(MakeAccount(uuid::NewId(), "ann@example.org")).ok());
  std::atomic<bool> writing = true;
  std::thread reader([&] {
    while (writing) {
      const auto found = FindByEmail("ann@example.org");
      ASSERT_TRUE(found.ok()) << found.status();
    }
  });
  for (int i = 0; i < 100; ++i) {
    const auto created =
        Create(MakeAccount(uuid::NewId(), "w" + std::to_string(i) + "@example.org"));
    EXPECT_TRUE(created.ok()) << created.status();
  }
  writing = false;
  reader.join();
}

TEST_P(AccountStoreContract, ChangesAnAccountAndNothingElse) {
  const std::string id = uuid::NewId();
  const auto created = Create(MakeAccount(id, "ann@example.org"));
  ASSERT_TRUE(Create(MakeAccount(uuid::NewId(), "bob@example.org")).ok());
  const auto changed = Wait(store().Change(InAMinute(), id, [](Credentials& account) -> Edited {
    account.account.roles = {"admin", "auditor"};
    account.account.disabled = true;
    account.account.email_verified = true;
    account.account.mfa_enabled = true;
    account.account.update_time = kNow + std::chrono::seconds(5);
    account.account.sessions_valid_from = kNow + std::chrono::seconds(4);
    account.account.kept_session_id = "kept";
    account.password_hash = Secret("$2b$04$other");
    return Beside{};
  }));
  ASSERT_TRUE(changed.ok()) << changed.status();
  Account expected = *created;
  expected.roles = {"admin", "auditor"};
  expected.disabled = true;
  expected.email_verified = true;
  expected.mfa_enabled = true;
  expected.update_time = kNow + std::chrono::seconds(5);
  expected.sessions_valid_from = kNow + std::chrono::seconds(4);
  expected.kept_session_id = "kept";
  ExpectSame(*changed, expected);
  ExpectSame(*FindById(id), expected);
  EXPECT_TRUE(FindByEmail("bob@example.org")->roles.empty());
  EXPECT_EQ(Wait(store().FindCredentials(InAMinute(), *CanonicalEmail::Parse("ann@example.org")))
                ->password_hash.Expose(),
            "$2b$04$other");
}

TEST_P(AccountStoreContract, ChangesNothingWhenTheEditRefusesOrHasNothingToDo) {
  const std::string id = uuid::NewId();
  const auto created = Create(MakeAccount(id, "ann@example.org"));
  const auto refused = Wait(store().Change(InAMinute(), id, [](Credentials& account) -> Edited {
    account.account.disabled = true;
    return errors::Make(errors::reasons::INVALID_CREDENTIALS, "no");
  }));
  EXPECT_EQ(ReasonOf(refused.status()), errors::reasons::INVALID_CREDENTIALS);
  const auto nothing = Wait(store().Change(InAMinute(), id, [](Credentials& account) -> Edited {
    account.account.given_name = "not stored";
    return std::nullopt;
  }));
  ASSERT_TRUE(nothing.ok());
  const auto nul = Wait(store().Change(InAMinute(), id, [](Credentials& account) -> Edited {
    account.account.given_name = std::string("A\0n", 3);
    return Beside{};
  }));
  EXPECT_EQ(ReasonOf(nul.status()), errors::reasons::INVALID_FIELD);
  const auto marked = Wait(store().Change(InAMinute(), id, [](Credentials& account) -> Edited {
    account.account.given_name = "not stored";
    return Beside{.events = {EventOf(std::string("x\0y", 3), "")}};
  }));
  EXPECT_EQ(ReasonOf(marked.status()), errors::reasons::INVALID_FIELD);
  ExpectSame(*FindById(id), *created);
  EXPECT_EQ(ReasonOf(Wait(store().Change(InAMinute(), uuid::NewId(),
                                         [](Credentials&) -> Edited { return Beside{}; }))
                         .status()),
            errors::reasons::NOT_FOUND);
}

TEST_P(AccountStoreContract, LosesNoneOfManyChangesAtOnce) {
  const std::string id = uuid::NewId();
  ASSERT_TRUE(Create(MakeAccount(id, "ann@example.org")).ok());
  std::vector<std::future<absl::StatusOr<Account>>> changes;
  for (int i = 0; i < 16; ++i) {
    changes.push_back(std::async(std::launch::async, [&, i] {
      return Wait(store().Change(InAMinute(), id, [i, &id](Credentials& account) -> Edited {
        account.account.roles.push_back("role" + std::to_string(i));
        return Beside{.events = {EventOf("account.roles_changed", id)}};
      }));
    }));
  }
  for (auto& change : changes) EXPECT_TRUE(change.get().ok());
  EXPECT_EQ(FindById(id)->roles.size(), 16u);
}

INSTANTIATE_TEST_SUITE_P(Bodies, AccountStoreContract,
                         testing::Values(BodyName{"Sqlite", &Make<SqliteBody>},
                                         BodyName{"Postgresql", &Make<PostgresBody>}),
                         [](const auto& body) { return std::string(body.param.name); });

}  // namespace
}  // namespace tokenforge::users
