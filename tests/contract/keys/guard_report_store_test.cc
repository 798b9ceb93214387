// The contract of GuardReportStore, on every body of it.
#include "services/keys/guard_report_store.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <memory>

#include "lib/errors/errors.h"
#include "services/keys/guard_report_store_memory.h"
#include "services/keys/guard_report_store_redis.h"
#include "tests/contract/keys/shared_servers.h"
#include "tests/fakes/fake_clock.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/redis_server.h"

namespace tokenforge::keys {
namespace {

namespace reasons = errors::reasons;
using std::chrono::milliseconds;
using std::chrono::seconds;
using Reports = std::vector<GuardReport>;

class Body {
 public:
  virtual ~Body() = default;
  virtual GuardReportStore& store() = 0;
  virtual void GoAway() = 0;
  virtual void OutliveAllReports() = 0;  // those of now
};

class MemoryBody final : public Body {
 public:
  GuardReportStore& store() override { return store_; }
  void GoAway() override { store_.SetAway(true); }
  void OutliveAllReports() override { clock_.Advance(GuardReport::kLife); }

 private:
  fakes::FakeClock clock_;
  GuardReportStoreMemory store_{clock_};
};

// Redis' own clock decides, so the reports' lives are cut short instead.
void CutShort(redis::Client& client) {
  const auto ids = fakes::Ask(client, {"SMEMBERS", GuardReportStoreRedis::kIndex});
  const auto each = ids->AsArray().value();
  for (const redis::Reply& id : each) {
    const std::string key =
        std::string(GuardReportStoreRedis::kIndex) + ":" + std::string(id.AsBytes().value());
    ASSERT_EQ(fakes::Ask(client, {"PEXPIRE", key, "0"})->AsInteger().value(), 1);
  }
}

class RedisBody final : public Body {
 public:
  GuardReportStore& store() override { return store_; }
  void GoAway() override { server_.Kill(); }
  void OutliveAllReports() override { CutShort(*client_); }
  // A client of the test's own, which may do everything; the store's may do what the ACL grants.
  redis::Client& client() { return *client_; }

 private:
  fakes::RedisServer server_{fakes::AclUsers()};
  std::unique_ptr<redis::Client> stores_own_ =
      redis::Open(fakes::As("keys", fakes::OptionsFor(server_.address())));
  std::unique_ptr<redis::Client> client_ = redis::Open(fakes::OptionsFor(server_.address()));
  GuardReportStoreRedis store_{stores_own_.get()};
};

GuardReport Some(const std::string& facade, int connected = 2) {
  GuardReport report;
  report.facade_id = facade;
  report.keys_version = (1ULL << 60) + 1;
  report.connected = connected;
  report.applied = 1;
  report.least_applied_version = (1ULL << 60) - 1;
  report.behind = {"slow \"guard\"", "gr\xc3\xbcn"};
  report.report_time = Time(milliseconds(1'800'000'000'123));
  return report;
}

absl::StatusOr<Reports> Read(GuardReportStore& store) {
  return fakes::Finish(store.Read(fakes::In(seconds(20))));
}
absl::StatusOr<Reports> Report(GuardReportStore& store, GuardReport report) {
  return fakes::Finish(store.Report(std::move(report), fakes::In(seconds(20))));
}

#ifdef TOKENFORGE_SHARED_SERVERS
class SharedBody final : public Body {
 public:
  GuardReportStore& store() override { return store_; }
  void GoAway() override { place_.GoAway(); }
  void OutliveAllReports() override { CutShort(place_.client()); }

 private:
  SharedServers place_;
  GuardReportStoreRedis store_{place_.stores_own()};
};
using RealBody = SharedBody;
#else
using RealBody = RedisBody;
#endif

enum class Kind { kMemory, kRedis };

class GuardReportStoreTest : public ::testing::TestWithParam<Kind> {
 protected:
  GuardReportStoreTest() {
    if (GetParam() == Kind::kMemory) {
      body_ = std::make_unique<MemoryBody>();
    } else {
      body_ = std::make_unique<RealBody>();
    }
  }
  GuardReportStore& store() { return body_->store(); }
  std::unique_ptr<Body> body_;
};

TEST_P(GuardReportStoreTest, IsEmptyAtFirst) { EXPECT_EQ(Read(store()).value(), Reports()); }

TEST_P(GuardReportStoreTest, AnswersWithAllReportsAsTheyWereTold) {
  EXPECT_EQ(Report(store(), Some("b")).value(), Reports({Some("b")}));
  EXPECT_EQ(Report(store(), Some("a")).value(), Reports({Some("a"), Some("b")}));
  EXPECT_EQ(Read(store()).value(), Reports({Some("a"), Some("b")}));
}

TEST_P(GuardReportStoreTest, LaterReportReplacesTheEarlierOne) {
  ASSERT_TRUE(Report(store(), Some("a", 5)).ok());
  EXPECT_EQ(Report(store(), Some("a", 7)).value(), Reports({Some("a", 7)}));
}

TEST_P(GuardReportStoreTest, ReplicaWithoutGuardsWithdraws) {
  ASSERT_TRUE(Report(store(), Some("a")).ok());
  ASSERT_TRUE(Report(store(), Some("b")).ok());
  EXPECT_EQ(Report(store(), Some("a", 0)).value(), Reports({Some("b")}));
  EXPECT_EQ(Report(store(), Some("nobody", 0)).value(), Reports({Some("b")}));
}

TEST_P(GuardReportStoreTest, ReportThatNobodyRenewsEnds) {
  ASSERT_TRUE(Report(store(), Some("a")).ok());
  body_->OutliveAllReports();
  EXPECT_EQ(Read(store()).value(), Reports());
  EXPECT_EQ(Report(store(), Some("b")).value(), Reports({Some("b")}));
}

TEST_P(GuardReportStoreTest, IsBoundedAndKeepsTheNewest) {
  for (std::size_t i = 0; i < GuardReport::kMostReplicas + 10; ++i) {
    const std::string id = "facade " + std::to_string(i);
    const auto all = Report(store(), Some(id)).value();
    ASSERT_EQ(all.size(), std::min(i + 1, GuardReport::kMostReplicas));
  }
  const auto all = Read(store()).value();
  EXPECT_EQ(all.size(), GuardReport::kMostReplicas);
  const std::string newest = "facade " + std::to_string(GuardReport::kMostReplicas + 9);
  EXPECT_TRUE(std::any_of(all.begin(), all.end(),
                          [&newest](const auto& report) { return report.facade_id == newest; }));
}

TEST_P(GuardReportStoreTest, StoreThatIsAwayNeverLooksEmpty) {
  ASSERT_TRUE(Report(store(), Some("a")).ok());
  body_->GoAway();
  EXPECT_EQ(errors::ReasonOf(Read(store()).status()), reasons::DEPENDENCY_DOWN);
  EXPECT_EQ(errors::ReasonOf(Report(store(), Some("a")).status()), reasons::DEPENDENCY_DOWN);
}

#ifdef TOKENFORGE_SHARED_SERVERS
INSTANTIATE_TEST_SUITE_P(OnSharedServers, GuardReportStoreTest, ::testing::Values(Kind::kRedis));
#else
INSTANTIATE_TEST_SUITE_P(Bodies, GuardReportStoreTest,
                         ::testing::Values(Kind::kMemory, Kind::kRedis), [](const auto& parameter) {
                           return parameter.param == Kind::kMemory ? "Memory" : "Redis";
                         });
#endif

TEST(GuardReportStoreRedisTest, DamagedReportIsAnErrorNotNoGuards) {
  RedisBody body;
  ASSERT_TRUE(Report(body.store(), Some("a")).ok());
  const std::string key = std::string(GuardReportStoreRedis::kIndex) + ":a";
  for (const char* damage : {"", "x", "{}", "[]", "{\"facade\":\"a\"}"}) {
    ASSERT_TRUE(fakes::Ask(body.client(), {"SET", key, damage, "KEEPTTL"}).ok());
    EXPECT_EQ(errors::ReasonOf(Read(body.store()).status()), reasons::INTERNAL_FAULT) << damage;
  }
  EXPECT_EQ(Report(body.store(), Some("a")).value(), Reports({Some("a")})) << "its owner mends it";
}

TEST(GuardReportStoreRedisTest, EveryKeyEndsByItself) {
  RedisBody body;
  ASSERT_TRUE(Report(body.store(), Some("a")).ok());
  for (const std::string key : {"tf:{keys}:guards", "tf:{keys}:guards:a"}) {
    const auto left = fakes::Ask(body.client(), {"PTTL", key})->AsInteger().value();
    EXPECT_GT(left, 0) << key;
    EXPECT_LE(left, milliseconds(GuardReport::kLife).count()) << key;
  }
}

}  // namespace
}  // namespace tokenforge::keys
