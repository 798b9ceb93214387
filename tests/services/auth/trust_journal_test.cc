#include "services/auth/trust_journal.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace tokenforge::auth {
namespace {

using ::testing::ElementsAre;
using Revocations = google::protobuf::RepeatedPtrField<v1::Revocation>;

v1::Revocation Of(const std::string& session) {
  v1::Revocation revocation;
  revocation.set_session_id(session);
  return revocation;
}

std::vector<std::string> SessionsSince(const TrustJournal& journal, std::uint64_t version) {
  Revocations revocations;
  journal.TellSince(version, revocations);
  std::vector<std::string> sessions;
  for (const auto& one : revocations) sessions.push_back(one.session_id());
  return sessions;
}

TEST(TrustJournal, TellsTheStepsAfterAVersionInOrder) {
  TrustJournal journal(10);
  journal.AddRevocation(Of("a"));
  journal.AddRevocation(Of("b"));
  journal.AddNothing();
  journal.AddRevocation(Of("c"));
  EXPECT_EQ(journal.version(), 4U);
  EXPECT_THAT(SessionsSince(journal, 0), ElementsAre("a", "b", "c"));
  EXPECT_THAT(SessionsSince(journal, 1), ElementsAre("b", "c"));
  EXPECT_THAT(SessionsSince(journal, 4), ElementsAre());
}

TEST(TrustJournal, TellsWhetherKeysChangedAfterAVersion) {
  TrustJournal journal(10);
  journal.AddKeys(1);
  journal.AddRevocation(Of("a"));
  Revocations ignored;
  EXPECT_TRUE(journal.TellSince(0, ignored));
  EXPECT_FALSE(journal.TellSince(1, ignored));
}

TEST(TrustJournal, ReachesBackAsFarAsItHasSteps) {
  TrustJournal journal(3);
  EXPECT_TRUE(journal.Reaches(0));
  EXPECT_FALSE(journal.Reaches(1));  // there is no such version yet
  for (int i = 0; i < 5; ++i) journal.AddRevocation(Of(std::to_string(i)));
  EXPECT_FALSE(journal.Reaches(1));
  EXPECT_TRUE(journal.Reaches(2));
  EXPECT_TRUE(journal.Reaches(5));
  EXPECT_FALSE(journal.Reaches(6));
  EXPECT_THAT(SessionsSince(journal, 2), ElementsAre("2", "3", "4"));
}

TEST(TrustJournal, FindsTheNewestVersionOfACursor) {
  TrustJournal journal(10);
  journal.AddNothing();
  journal.NoteCursor("x");
  journal.AddNothing();
  journal.NoteCursor("y");
  EXPECT_EQ(journal.VersionOf("x"), 1U);
  EXPECT_EQ(journal.VersionOf("y"), 2U);
  EXPECT_EQ(journal.VersionOf("z"), std::nullopt);
  journal.AddNothing();
  journal.NoteCursor("x");  // the state is as it was
  EXPECT_EQ(journal.VersionOf("x"), 3U);
}

TEST(TrustJournal, KeepsABoundedNumberOfCursors) {
  TrustJournal journal(10);
  for (int i = 0; i < 10'000; ++i) {
    journal.AddNothing();
    journal.NoteCursor(std::to_string(i));
  }
  EXPECT_EQ(journal.VersionOf("0"), std::nullopt);
  EXPECT_EQ(journal.VersionOf("9999"), 10'000U);
}

TEST(TrustJournal, KnowsWhichKeysAStateHas) {
  TrustJournal journal(10);
  EXPECT_EQ(journal.KeysVersionAt(0), 0U);
  journal.AddKeys(7);              // version 1
  journal.AddRevocation(Of("a"));  // version 2
  journal.AddKeys(9);              // version 3
  EXPECT_EQ(journal.KeysVersionAt(0), 0U);
  EXPECT_EQ(journal.KeysVersionAt(1), 7U);
  EXPECT_EQ(journal.KeysVersionAt(2), 7U);
  EXPECT_EQ(journal.KeysVersionAt(3), 9U);
  EXPECT_EQ(journal.keys_version(), 9U);
  EXPECT_EQ(journal.keys_since(), 3U);
}

TEST(TrustJournal, GivesTheSameKeysTheirNewestName) {
  TrustJournal journal(10);
  journal.AddKeys(7);
  journal.RenameKeys(8);
  EXPECT_EQ(journal.KeysVersionAt(1), 8U);
  EXPECT_EQ(journal.keys_since(), 1U);
  EXPECT_EQ(journal.version(), 1U);
}

}  // namespace
}  // namespace tokenforge::auth
