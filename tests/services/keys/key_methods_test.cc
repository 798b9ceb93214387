// RotateKey, RevokeKey, RevokeAllKeys and ReportGuards over real gRPC.
#include <gtest/gtest.h>

#include <set>

#include "lib/errors/errors.h"
#include "lib/jose/jwk_set.h"
#include "tests/services/keys/service_fixture.h"

namespace tokenforge::keys {
namespace {

namespace reasons = errors::reasons;
using errors::ReasonOf;
using Stub = v1::KeyService::Stub;

class KeyMethodsTest : public ServiceFixture {
 protected:
  KeyMethodsTest() { EXPECT_TRUE(keeper_.Refresh().ok()); }

  auto Rotate(bool force = false) {
    v1::RotateKeyRequest request;
    request.set_force(force);
    request.set_reason("test");
    return Ask(&Stub::RotateKey, request);
  }
  auto Revoke(const std::string& kid) {
    v1::RevokeKeyRequest request;
    request.set_kid(kid);
    return Ask(&Stub::RevokeKey, request);
  }
  auto RevokeAll() { return Ask(&Stub::RevokeAllKeys, {}); }
  auto Report(const std::string& facade, int connected, std::uint64_t least) {
    v1::ReportGuardsRequest request;
    request.mutable_report()->set_facade_id(facade);
    request.mutable_report()->set_connected(connected);
    request.mutable_report()->set_least_applied_version(least);
    request.mutable_report()->add_behind("slow guard");
    return Ask(&Stub::ReportGuards, request);
  }
  std::string KidIn(KeyState state) const {
    const KeySetRecord set = keeper_.Current()->ToRecord();
    const KeyRecord* const key = FindKey(set, state);
    return key == nullptr ? "" : key->kid;
  }
  bool IsTrusted(const std::string& kid) {
    return jose::JwkSet::Parse(Jwks()->jwks()).value().Find(kid) != nullptr;
  }
};

TEST_F(KeyMethodsTest, RotateKeyMakesNextTheActiveOne) {
  const std::string active = KidIn(KeyState::kActive);
  const std::string next = KidIn(KeyState::kNext);
  const auto rotated = Rotate().value();
  EXPECT_EQ(rotated.active().kid(), next);
  EXPECT_EQ(rotated.active().state(), v1::ACTIVE);
  EXPECT_EQ(rotated.next().state(), v1::NEXT);
  EXPECT_EQ(rotated.next().publish_version(), rotated.version());
  EXPECT_EQ(rotated.version(), Jwks()->version());
  EXPECT_EQ(KidIn(KeyState::kRetired), active);
  EXPECT_EQ(Sign(Request())->kid(), next);
  EXPECT_TRUE(IsTrusted(active));
  EXPECT_TRUE(IsTrusted(rotated.next().kid()));
}

TEST_F(KeyMethodsTest, RotateKeyWaitsForGuardsUnlessForced) {
  const std::uint64_t version = keeper_.Current()->version();
  ASSERT_TRUE(Report("one", 3, version).ok());
  ASSERT_TRUE(Report("two", 2, version - 1).ok());
  const absl::Status refused = Rotate().status();
  EXPECT_EQ(ReasonOf(refused), reasons::KEY_NOT_ACKNOWLEDGED);
  EXPECT_EQ(refused.code(), absl::StatusCode::kFailedPrecondition);
  EXPECT_NE(refused.message().find("slow guard"), absl::string_view::npos);
  EXPECT_EQ(keeper_.Current()->version(), version);
  EXPECT_TRUE(Rotate(true).ok());
}

TEST_F(KeyMethodsTest, RotateKeyGoesOnWhenTheLastGuardHasAcknowledged) {
  const std::uint64_t version = keeper_.Current()->version();
  ASSERT_TRUE(Report("one", 1, version - 1).ok());
  ASSERT_FALSE(Rotate().ok());
  ASSERT_TRUE(Report("one", 1, version).ok());
  EXPECT_TRUE(Rotate().ok());
}

TEST_F(KeyMethodsTest, GuardsThatLeftHoldNothingUp) {
  ASSERT_TRUE(Report("one", 1, 0).ok());
  ASSERT_FALSE(Rotate().ok());
  EXPECT_EQ(Report("one", 0, 0)->reports_size(), 0);
  EXPECT_TRUE(Rotate().ok());
}

TEST_F(KeyMethodsTest, RevokedActiveKeyIsFollowedByNext) {
  const std::string active = KidIn(KeyState::kActive);
  const std::string next = KidIn(KeyState::kNext);
  const auto revoked = Revoke(active).value();
  EXPECT_EQ(revoked.revoked().kid(), active);
  EXPECT_EQ(revoked.revoked().state(), v1::REVOKED);
  EXPECT_EQ(revoked.active().kid(), next);
  EXPECT_EQ(revoked.jwks(), Jwks()->jwks());
  EXPECT_FALSE(IsTrusted(active));
  EXPECT_FALSE(KidIn(KeyState::kNext).empty());
}

TEST_F(KeyMethodsTest, RevokedNextKeyIsReplaced) {
  const std::string next = KidIn(KeyState::kNext);
  ASSERT_TRUE(Revoke(next).ok());
  EXPECT_FALSE(IsTrusted(next));
  EXPECT_NE(KidIn(KeyState::kNext), next);
  EXPECT_TRUE(IsTrusted(KidIn(KeyState::kNext)));
}

TEST_F(KeyMethodsTest, RevokingTwiceChangesNothingTheSecondTime) {
  const std::string active = KidIn(KeyState::kActive);
  const auto first = Revoke(active).value();
  const auto second = Revoke(active).value();
  EXPECT_EQ(second.version(), first.version());
  EXPECT_EQ(second.revoked().kid(), active);
}

TEST_F(KeyMethodsTest, UnknownKeyIsNotFound) {
  EXPECT_EQ(ReasonOf(Revoke("nobody").status()), reasons::NOT_FOUND);
  EXPECT_EQ(ReasonOf(Revoke("").status()), reasons::INVALID_FIELD);
}

TEST_F(KeyMethodsTest, RevokeAllKeysSparesNone) {
  ASSERT_TRUE(Rotate().ok());
  std::set<std::string> before;
  const auto current = keeper_.Current();  // held: a loop does not keep what its range is a part of
  for (const auto& key : current->keys()) before.insert(key.record.kid);
  const auto revoked = RevokeAll().value();
  std::set<std::string> told;
  for (const auto& key : revoked.revoked()) told.insert(key.kid());
  EXPECT_EQ(told, before);
  for (const std::string& kid : before) EXPECT_FALSE(IsTrusted(kid));
  EXPECT_FALSE(before.contains(revoked.active().kid()));
  EXPECT_FALSE(before.contains(KidIn(KeyState::kNext)));
  EXPECT_EQ(Sign(Request())->kid(), revoked.active().kid());
  EXPECT_EQ(RevokeAll()->revoked_size(), 2) << "those that were revoked before are not told again";
}

TEST_F(KeyMethodsTest, StoreThatIsAwayMakesNoChange) {
  const auto before = keeper_.Current();
  store_.SetAway(true);
  EXPECT_EQ(ReasonOf(Rotate(true).status()), reasons::DEPENDENCY_DOWN);
  EXPECT_EQ(ReasonOf(Revoke(KidIn(KeyState::kActive)).status()), reasons::DEPENDENCY_DOWN);
  EXPECT_EQ(ReasonOf(RevokeAll().status()), reasons::DEPENDENCY_DOWN);
  reports_.SetAway(true);
  EXPECT_EQ(ReasonOf(Report("one", 1, 1).status()), reasons::DEPENDENCY_DOWN);
  store_.SetAway(false);
  EXPECT_EQ(ReasonOf(Rotate().status()), reasons::DEPENDENCY_DOWN)
      << "unknown guards may be behind";
  EXPECT_EQ(keeper_.Current(), before);
}

TEST_F(KeyMethodsTest, LongReasonsAreRefused) {
  v1::RotateKeyRequest rotate;
  rotate.set_reason(std::string(201, 'x'));
  EXPECT_EQ(ReasonOf(Ask(&Stub::RotateKey, rotate).status()), reasons::INVALID_FIELD);
  v1::RevokeKeyRequest revoke;
  revoke.set_reason(rotate.reason());
  EXPECT_EQ(ReasonOf(Ask(&Stub::RevokeKey, revoke).status()), reasons::INVALID_FIELD);
  v1::RevokeAllKeysRequest all;
  all.set_reason(rotate.reason());
  EXPECT_EQ(ReasonOf(Ask(&Stub::RevokeAllKeys, all).status()), reasons::INVALID_FIELD);
}

TEST_F(KeyMethodsTest, ReportsOfEveryReplicaAreTold) {
  ASSERT_TRUE(Report("one", 3, 5).ok());
  const auto told = Report("two", 2, 4).value();
  ASSERT_EQ(told.reports_size(), 2);
  EXPECT_EQ(told.reports(0).facade_id(), "one");
  EXPECT_EQ(told.reports(0).connected(), 3);
  EXPECT_EQ(told.reports(1).least_applied_version(), 4u);
  EXPECT_EQ(told.reports(1).behind(0), "slow guard");
  EXPECT_EQ(told.reports(1).report_time().seconds(), 1'800'000'000);
}

TEST_F(KeyMethodsTest, ImpossibleReportIsRefusedWithAllFaults) {
  v1::ReportGuardsRequest request;
  request.mutable_report()->set_connected(-1);
  request.mutable_report()->set_applied(1);
  for (int i = 0; i < 21; ++i) request.mutable_report()->add_behind("guard");
  EXPECT_EQ(errors::FaultsOf(Ask(&Stub::ReportGuards, request).status()).size(), 4u);
  request.mutable_report()->clear_behind();
  request.mutable_report()->add_behind(std::string(257, 'x'));
  EXPECT_EQ(errors::FaultsOf(Ask(&Stub::ReportGuards, request).status()).size(), 4u);
}

TEST_F(KeyMethodsTest, NoAnswerHoldsAPrivatePart) {
  std::string everything = Rotate()->ShortDebugString();
  everything += Revoke(KidIn(KeyState::kRetired))->ShortDebugString();
  everything += RevokeAll()->ShortDebugString();
  everything += Ask(&Stub::ListKeys, {})->ShortDebugString();
  for (const char* mark : {"\\\"d\\\"", "\\\"p\\\"", "\\\"q\\\"", "PRIVATE", "sealed"}) {
    EXPECT_EQ(everything.find(mark), std::string::npos) << mark;
  }
}

}  // namespace
}  // namespace tokenforge::keys
