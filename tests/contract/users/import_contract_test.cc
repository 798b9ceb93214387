// What imports are promised, on both databases.
#include <soci/soci.h>

#include <future>
#include <string>
#include <vector>

#include "gmock/gmock.h"
#include "lib/errors/errors.h"
#include "services/users/directory.h"
#include "services/users/directory_store_sql.h"
#include "services/users/import.h"
#include "services/users/import_store_sql.h"
#include "tests/contract/users/two_databases.h"
#include "tests/fakes/fake_clock.h"

namespace tokenforge::users {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;
using testing::SizeIs;

constexpr const char* kHash = "$2b$04$LFppNoENbCtStCmJL3tjEOdvOqfMRQSCAVbtwvwFA45Kb3gqiS3k2";

ImportForm Row(const std::string& email, const std::string& user_id = uuid::NewId()) {
  return {.user_id = user_id, .email = email, .password_hash = kHash};
}

class ImportContract : public TwoDatabases {
 protected:
  ImportTally Import(const std::vector<ImportForm>& rows) {
    ImportRun run = import_.Begin({.actor = "0191f3a2-7c4b-7d11-8a3e-52c0de9f1b70"});
    for (const ImportForm& row : rows) {
      run.Take(row);
      if (!run.full()) continue;
      EXPECT_TRUE(Wait(run.Store(InAMinute())).ok());
    }
    EXPECT_TRUE(Wait(run.Store(InAMinute())).ok());
    return run.tally();
  }
  absl::StatusOr<Credentials> Find(const std::string& email) {
    return Wait(stores_.accounts.FindCredentials(InAMinute(), *CanonicalEmail::Parse(email)));
  }
  std::vector<std::string> Kinds() {
    std::vector<std::string> kinds;
    auto read = [&](SqlSession& session) {
      std::string kind;
      soci::statement select =
          (session.soci().prepare << "select kind from audit_events order by sequence",
           soci::into(kind));
      for (bool more = select.execute(true); more; more = select.fetch()) kinds.push_back(kind);
      return absl::OkStatus();
    };
    EXPECT_TRUE(Wait(stores_.database.Run(InAMinute(), "Read", read)).ok());
    return kinds;
  }

  fakes::FakeClock clock_;
  SqlStores stores_{url()};
  ImportStoreSql store_{stores_.database};
  AccountImport import_{store_, clock_};
  DirectoryStoreSql directory_store_{stores_.database};
  Directory directory_{stores_.accounts, directory_store_, clock_};
};

TEST_P(ImportContract, StoresARowToTheLastField) {
  const std::string id = uuid::NewId();
  const auto created = clock_.Now() - std::chrono::hours(24 * 365);
  const ImportTally tally = Import({{.user_id = id,
                                     .email = "Ann@Example.ORG",
                                     .email_verified = true,
                                     .given_name = "Zo\xC3\xAB",
                                     .family_name = "O'Neill; -- :id $1",
                                     .roles = {"user", "admin"},
                                     .scopes = {"notes.read"},
                                     .disabled = true,
                                     .create_time = created,
                                     .password_hash = kHash}});
  EXPECT_EQ(tally.stored, 1);
  EXPECT_THAT(tally.faults, IsEmpty());
  const auto found = Find("ann@example.org");
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(found->account.user_id, id);
  EXPECT_TRUE(found->account.email_verified);
  EXPECT_EQ(found->account.given_name, "Zo\xC3\xAB");
  EXPECT_EQ(found->account.family_name, "O'Neill; -- :id $1");
  EXPECT_THAT(found->account.roles, ElementsAre("admin", "user"));
  EXPECT_THAT(found->account.scopes, ElementsAre("notes.read"));
  EXPECT_TRUE(found->account.disabled);
  EXPECT_EQ(found->account.create_time, created);
  EXPECT_EQ(found->account.update_time, clock_.Now());
  EXPECT_EQ(found->password_hash.Expose(), kHash);
  EXPECT_THAT(Kinds(), ElementsAre("account.imported", "users.imported"));
}

TEST_P(ImportContract, MakesAnIdWhereARowHasNone) {
  EXPECT_EQ(Import({Row("ann@example.org", "")}).stored, 1);
  EXPECT_TRUE(uuid::IsCanonical(Find("ann@example.org")->account.user_id));
}

TEST_P(ImportContract, SkipsWhatIsThereAndRecordsNothingOfIt) {
  const std::vector<ImportForm> rows{Row("ann@example.org"), Row("bob@example.org")};
  EXPECT_EQ(Import(rows).stored, 2);
  const ImportTally again = Import(rows);
  EXPECT_EQ(again.stored, 0);
  EXPECT_EQ(again.present, 2);
  EXPECT_EQ(again.refused, 0);
  EXPECT_THAT(Kinds(), ElementsAre("users.imported"));
}

TEST_P(ImportContract, RefusesRowsByThemselvesAndStoresTheOthers) {
  const std::string taken = uuid::NewId();
  ASSERT_TRUE(Create(stores_, MakeAccount(taken, "ann@example.org")).ok());
  const std::string gone = Create(stores_, "gone@example.org")->user_id;
  ASSERT_TRUE(Wait(directory_.Delete(InAMinute(), gone, "", {})).ok());
  const ImportTally tally = Import(
      {Row("ann@example.org"), Row("x@example.org", taken), Row("eve@example.org", gone),
       Row("bob@example.org"), Row("BOB@example.org"), Row("no email"), Row("gone@example.org")});
  EXPECT_EQ(tally.rows, 7);
  EXPECT_EQ(tally.stored, 2);
  EXPECT_EQ(tally.refused, 5);
  std::vector<std::string> told;
  for (const ImportFault& fault : tally.faults) {
    told.push_back(std::to_string(fault.row) + " " + fault.reason);
  }
  EXPECT_THAT(told,
              testing::UnorderedElementsAre("1 EMAIL_TAKEN", "2 INVALID_FIELD", "3 INVALID_FIELD",
                                            "5 EMAIL_TAKEN", "6 INVALID_FIELD"));
  EXPECT_TRUE(Find("bob@example.org").ok());
  EXPECT_FALSE(Find("eve@example.org").ok());
}

TEST_P(ImportContract, NamesEveryFaultOfARowAndRepeatsNothingOfIt) {
  const ImportTally tally = Import({{.user_id = "MARKED",
                                     .email = "MARKED",
                                     .given_name = std::string("MARKED\0", 7),
                                     .roles = {"MARKED role"},
                                     .scopes = {"MARKED\\"},
                                     .create_time = clock_.Now() + std::chrono::seconds(1),
                                     .password_hash = "MARKED"}});
  ASSERT_THAT(tally.faults, SizeIs(1));
  const std::string& told = tally.faults[0].description;
  for (const char* field :
       {"user_id", "email", "given_name", "roles", "scopes", "create_time", "password_hash"}) {
    EXPECT_THAT(told, HasSubstr(field));
  }
  EXPECT_THAT(told, testing::Not(HasSubstr("MARKED")));
}

TEST_P(ImportContract, RefusesAHashThatWouldCostTooMuchWithoutComputingIt) {
  ImportForm row = Row("ann@example.org");
  row.password_hash = "$2b$31$LFppNoENbCtStCmJL3tjEOdvOqfMRQSCAVbtwvwFA45Kb3gqiS3k2";
  EXPECT_EQ(Import({row}).refused, 1);
  EXPECT_FALSE(Find("ann@example.org").ok());
}

TEST_P(ImportContract, StoresBatchByBatchAndListsTheFirstFaultsOnly) {
  std::vector<ImportForm> rows;
  for (int i = 0; i < 1200; ++i) rows.push_back(Row(Numbered(i)));
  for (int i = 0; i < 1100; ++i) rows.push_back(Row("none"));
  const ImportTally tally = Import(rows);
  EXPECT_EQ(tally.stored, 1200);
  EXPECT_EQ(tally.refused, 1100);
  EXPECT_THAT(tally.faults, SizeIs(kMaxListedFaults));
  EXPECT_THAT(Kinds(), ElementsAre("users.imported", "users.imported", "users.imported"));
}

// A batch in whose middle the database goes away leaves nothing of itself.
TEST_P(ImportContract, StoresNothingOfABatchWhoseEventCannotBeWritten) {
  ImportRun run = import_.Begin({.actor = std::string("a\0b", 3)});
  for (int i = 0; i < 10; ++i) run.Take(Row(Numbered(i)));
  EXPECT_FALSE(Wait(run.Store(InAMinute())).ok());
  EXPECT_FALSE(Find(Numbered(0)).ok());
  EXPECT_THAT(Kinds(), IsEmpty());
}

TEST_P(ImportContract, ImportsSideBySideStoreEachAccountOnce) {
  std::vector<ImportForm> rows;
  for (int i = 0; i < 600; ++i) rows.push_back(Row(Numbered(i)));
  std::vector<ImportForm> reversed(rows.rbegin(), rows.rend());
  ImportRun one = import_.Begin({}), two = import_.Begin({});
  for (int i = 0; i < 400; ++i) {
    one.Take(rows[static_cast<std::size_t>(i)]);
    two.Take(reversed[static_cast<std::size_t>(i)]);
  }
  auto storing = std::async(std::launch::async, [&] { return Wait(one.Store(InAMinute())); });
  const absl::Status second = Wait(two.Store(InAMinute()));
  const absl::Status first = storing.get();
  // Transactions that met in opposite orders may have to be tried again, as the command line does.
  const auto stored = one.tally().stored + two.tally().stored;
  if (first.ok() && second.ok()) {
    EXPECT_EQ(stored, 600);
  } else {
    EXPECT_EQ(stored, 400);
  }
}

INSTANTIATE_TEST_SUITE_P(Bodies, ImportContract, testing::ValuesIn(kTwoDatabases), NameOfDatabase);

}  // namespace
}  // namespace tokenforge::users
