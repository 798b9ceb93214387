// The two classic drills: the zombie database and the killed Redis. Once enough calls have failed
// logins are refused at once, nothing ever hangs, a token that somebody has goes on working at a
// guarded server, and all comes back by itself. Times are printed; what ships is thirty seconds
// (outage_drill.h).
#include <gtest/gtest.h>

#include <csignal>
#include <filesystem>

#include "tests/chaos/faulty_link.h"
#include "tests/chaos/outage_drill.h"
#include "tests/drills/wire.h"

namespace tokenforge::chaos {
namespace {

using std::chrono::seconds;
using std::chrono::steady_clock;

// Reasons that say the same to a caller: not now, try again.
void ExpectTryAgain(const std::map<std::string, int>& told) {
  for (const auto& [reason, times] : told) {
    const bool fair = reason == "CIRCUIT_OPEN" || reason == "DEPENDENCY_DOWN" ||
                      reason == "DEADLINE_PASSED" || reason == "OVERLOADED";
    EXPECT_TRUE(fair) << reason << ", " << times << " times";
  }
}

class DatabaseOutage : public ::testing::Test {
 protected:
  void Drill(const std::string& what, const std::function<void()>& harm,
             const std::function<void()>& heal) {
    drill_->Start();
    ASSERT_FALSE(HasFatalFailure());
    const auto login = [this] { return drill_->Login(); };
    const auto knock = [this] { return drill_->LoginOfAStranger(); };
    ASSERT_TRUE(login().ok());

    harm();
    ExpectTryAgain(drill_->UntilOpen(what, "users", knock));
    EXPECT_GT(drill_->Refused(what, "Login", knock), 0);
    EXPECT_TRUE(drill_->CircuitOpen("auth", "users"));
    EXPECT_TRUE(drill_->CircuitOpen("users", "database"));
    EXPECT_FALSE(drill_->CircuitOpen("auth", "sessions"));
    EXPECT_TRUE(drill_->GuardAccepts());
    ExpectReadyWithDetail();

    heal();
    const auto healed = steady_clock::now();
    EXPECT_TRUE(drill_->Recovers(what + ", Login", login, healed));
    EXPECT_TRUE(drill_->Recovers(what + ", Refresh", [this] { return drill_->Refresh(); }, healed));
    EXPECT_FALSE(drill_->CircuitOpen("auth", "users"));
    EXPECT_FALSE(drill_->CircuitOpen("users", "database"));
    EXPECT_TRUE(drill_->GuardAccepts());
  }

  void ExpectReadyWithDetail() {
    const std::string readyz =
        systemtest::Suite::HttpGet(drill_->suite().operators_port("users"), "/readyz");
    EXPECT_TRUE(readyz.starts_with("HTTP/1.1 200")) << readyz;
    EXPECT_NE(readyz.find(R"("name":"circuit database","ok":false)"), std::string::npos) << readyz;
  }

  systemtest::ChildProcess& postgres() { return drill_->suite().process("postgres"); }

  std::unique_ptr<OutageDrill> drill_;
};

// Reached over a socket of this machine, by a link that can fall silent.
class ZombieDatabase : public DatabaseOutage {
 protected:
  ZombieDatabase() {
    char name[] = "/tmp/tf-link-XXXXXX";
    if (mkdtemp(name) == nullptr) throw std::runtime_error("mkdtemp failed");
    folder_ = name;
    drill_ = std::make_unique<OutageDrill>(
        systemtest::SuiteOptions{.postgres = true, .postgres_folder = folder_, .flags = {}});
    link_ = std::make_unique<FaultyLink>(folder_ + "/.s.PGSQL.5432",
                                         drill_->suite().postgres_socket(), 1);
  }
  ~ZombieDatabase() override {
    drill_.reset();  // the services first: they use the link
    link_.reset();
    std::filesystem::remove_all(folder_);
  }

  std::string folder_;
  std::unique_ptr<FaultyLink> link_;
};

// On a host of its own: packets to it, and from it, go nowhere, and nobody is told.
class DatabaseElsewhere : public DatabaseOutage {
 protected:
  DatabaseElsewhere() : missing_(drills::Wire::Missing()) {
    if (!missing_.empty()) return;
    wire_ = std::make_unique<drills::Wire>(std::vector<std::string>{kHost});
    systemtest::SuiteOptions options{.postgres = true, .flags = {}};
    options.place = [this](const std::string& name) {
      if (name != "postgres") return systemtest::Place();
      return systemtest::Place{wire_->On(kHost), wire_->address(kHost)};
    };
    drill_ = std::make_unique<OutageDrill>(std::move(options));
  }
  ~DatabaseElsewhere() override { drill_.reset(); }

  static constexpr const char* kHost = "data";
  const std::string missing_;
  std::unique_ptr<drills::Wire> wire_;
};

TEST_F(ZombieDatabase, Stopped) {
  const auto stop = [this] {
    postgres().Kill(SIGINT);
    ASSERT_TRUE(postgres().WaitForEnd(seconds(30)));
  };
  Drill("PostgreSQL stopped", stop, [this] {
    drill_->suite().StartProcess("postgres");
    ASSERT_TRUE(drill_->suite().WaitReady("postgres"));
  });
}

TEST_F(ZombieDatabase, Hung) {
  Drill(
      "PostgreSQL hung", [this] { SignalTree(postgres().pid(), SIGSTOP); },
      [this] { SignalTree(postgres().pid(), SIGCONT); });
}

TEST_F(ZombieDatabase, BehindACutNetwork) {
  Drill(
      "PostgreSQL behind a cut network", [this] { link_->SetSilent(true); },
      [this] { link_->SetSilent(false); });
}

TEST_F(DatabaseElsewhere, BehindADroppedRoute) {
  if (!missing_.empty()) GTEST_SKIP() << missing_;
  Drill(
      "PostgreSQL behind a dropped route", [this] { wire_->Cut("", kHost); },
      [this] { wire_->Heal(); });
  EXPECT_GT(wire_->dropped(), 0);
}

// What a hung server took with it is not waited for: another one at the same address is enough.
TEST_F(ZombieDatabase, ThatNeverWakesAgainIsReplaced) {
  const auto wake = [this] {
    SignalTree(postgres().pid(), SIGKILL);
    ASSERT_TRUE(postgres().WaitForEnd(seconds(30)));
    drill_->suite().StartProcess("postgres");
    ASSERT_TRUE(drill_->suite().WaitReady("postgres"));
  };
  Drill("PostgreSQL hung for good", [this] { SignalTree(postgres().pid(), SIGSTOP); }, wake);
}

TEST(KilledRedis, RefusesLoginAndRefreshAndLetsTokensWork) {
  OutageDrill drill{{}};
  drill.Start();
  ASSERT_FALSE(testing::Test::HasFatalFailure());
  const auto login = [&drill] { return drill.Login(); };
  const auto refresh = [&drill] { return drill.Refresh(); };
  ASSERT_TRUE(login().ok());

  systemtest::ChildProcess& redis = drill.suite().process("redis");
  redis.Kill(SIGKILL);
  ASSERT_TRUE(redis.WaitForEnd(seconds(10)));
  ExpectTryAgain({{systemtest::ReasonName(refresh()), 1}});
  const auto knock = [&drill] { return drill.LoginOfAStranger(); };
  ExpectTryAgain(drill.UntilOpen("Redis killed", "sessions", knock));
  EXPECT_GT(drill.Refused("Redis killed, Login", "Login", knock), 0);
  EXPECT_GT(drill.Refused("Redis killed, Refresh", "Refresh", refresh), 0);
  EXPECT_TRUE(drill.CircuitOpen("auth", "sessions"));
  EXPECT_TRUE(drill.CircuitOpen("sessions", "redis"));
  EXPECT_FALSE(drill.CircuitOpen("auth", "users"));
  EXPECT_FALSE(drill.CircuitOpen("auth", "keys"));
  EXPECT_TRUE(drill.GuardAccepts());

  drill.suite().StartProcess("redis");
  ASSERT_TRUE(drill.suite().WaitReady("redis"));
  const auto healed = steady_clock::now();
  EXPECT_TRUE(drill.Recovers("Redis killed, Login", login, healed));
  EXPECT_TRUE(drill.Recovers("Redis killed, Refresh", refresh, healed));
  EXPECT_FALSE(drill.CircuitOpen("auth", "sessions"));
  EXPECT_FALSE(drill.CircuitOpen("sessions", "redis"));
  EXPECT_TRUE(drill.GuardAccepts());
}

}  // namespace
}  // namespace tokenforge::chaos
