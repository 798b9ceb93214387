#include "cli/calibrate.h"

#include <map>
#include <sstream>
#include <string>

#include "cli/frame.h"
#include "gmock/gmock.h"
#include "gtest/gtest.h"

namespace tokenforge::cli {
namespace {

using std::chrono::milliseconds;
using testing::HasSubstr;
using users::HashPolicy;

// A machine on which bcrypt of cost 10 takes this long, twice as long with each step, and Argon2id
// as told.
struct Machine {
  int bcrypt_10_ms = 60;
  int argon2_ms = 30;
  int argon2_46_ms = 45;
  std::map<std::string, int> hashed = {};

  std::string Run(CalibrateOptions options) {
    options.threads = 4;
    std::ostringstream out;
    RunCalibrate(
        options,
        [this](const HashPolicy& policy) -> std::chrono::nanoseconds {
          const std::string what = policy.Description();
          ++hashed[what];
          if (what == "Argon2id, 19 MiB, 2 passes") return milliseconds(argon2_ms);
          if (what == "Argon2id, 46 MiB, 1 pass") return milliseconds(argon2_46_ms);
          const int cost = std::stoi(what.substr(what.rfind(' ')));
          return milliseconds(bcrypt_10_ms << (cost - 10));
        },
        out);
    return out.str();
  }
};

TEST(Calibrate, PrintsTimeMemoryOfAllThreadsAndLoginsOfACore) {
  const std::string table = Machine().Run({});
  EXPECT_THAT(table, HasSubstr("bcrypt, cost 12             240.0 ms      0 MiB      4.2\n"));
  EXPECT_THAT(table, HasSubstr("Argon2id, 19 MiB, 2 passes   30.0 ms     76 MiB     33.3\n"));
  EXPECT_THAT(table, HasSubstr("184 MiB     22.2  <- recommended\n"));
  EXPECT_THAT(table, HasSubstr("4 hashing threads and at most 250 ms a hash"));
}

TEST(Calibrate, RecommendsTheApprovedProfileThenTheOtherThenTheDearestBcryptThatKeepsToTheTarget) {
  const auto flags = [](Machine machine, int target_ms) {
    const std::string table = machine.Run({.target = milliseconds(target_ms)});
    const std::size_t at = table.find("tokenforge-users ") + 17;
    return table.substr(at, table.find('\n', at) - at);
  };
  EXPECT_EQ(flags({}, 250), "--password-hash=argon2id-46 --hash-threads=4");
  EXPECT_EQ(flags({.argon2_46_ms = 300}, 250), "--password-hash=argon2id --hash-threads=4");
  EXPECT_EQ(flags({.argon2_ms = 300, .argon2_46_ms = 300}, 250),
            "--password-hash=bcrypt --bcrypt-cost=12 --hash-threads=4");
  EXPECT_EQ(flags({.bcrypt_10_ms = 60, .argon2_ms = 900, .argon2_46_ms = 900}, 500),
            "--password-hash=bcrypt --bcrypt-cost=13 --hash-threads=4");
}

TEST(Calibrate, NeverRecommendsWhatIsUnfitHoweverSlowTheMachine) {
  const std::string table =
      Machine{.bcrypt_10_ms = 700, .argon2_ms = 900, .argon2_46_ms = 900}.Run({});
  EXPECT_THAT(table, HasSubstr("--bcrypt-cost=10"));
  EXPECT_THAT(table, HasSubstr("Even that takes longer"));
}

TEST(Calibrate, DoesNotWaitForHashesThatAreFarTooSlow) {
  Machine slow{.bcrypt_10_ms = 2100};
  slow.Run({});
  EXPECT_EQ(slow.hashed["bcrypt, cost 10"], 1);
  EXPECT_EQ(slow.hashed.count("bcrypt, cost 11"), 0u);
  EXPECT_EQ(slow.hashed["Argon2id, 19 MiB, 2 passes"], 5);
}

TEST(Calibrate, PrintsJsonForPrograms) {
  const std::string json = Machine().Run({.json = true});
  EXPECT_THAT(json, HasSubstr("{\"threads\":4,\"target_ms\":250,\"hashes\":[{\"flags\":"
                              "\"--password-hash=bcrypt --bcrypt-cost=10\",\"milliseconds\":60.000,"
                              "\"memory_mib\":0,\"logins_per_second_per_core\":16.667},"));
  EXPECT_THAT(json, HasSubstr("\"recommended\":\"--password-hash=argon2id-46 --hash-threads=4\"}"));
}

TEST(Calibrate, TimesTheServicesOwnHashes) {
  EXPECT_GT(TimeOneHash(HashPolicy::Bcrypt(6)).count(), 0);
  EXPECT_GT(TimeOneHash(HashPolicy::Argon2id()).count(), 0);
}

TEST(Calibrate, RefusesAWrongCommandLine) {
  std::istringstream in;
  std::ostringstream out, err;
  EXPECT_EQ(RunCommandLine({CalibrateCommand()}, {"calibrate", "--rounds=0", "--colour"}, {},
                           {.in = in, .out = out, .err = err}),
            ExitCode::kUsage);
  EXPECT_THAT(err.str(), HasSubstr("rounds"));
  EXPECT_THAT(err.str(), HasSubstr("colour"));
}

}  // namespace
}  // namespace tokenforge::cli
