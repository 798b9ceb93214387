// Whether what several replicas tell concurrent clients about a user's sessions could have come
// from one that does one thing after the other — while links are cut and held up, and Redis is
// killed and stopped.
//
// TOKENFORGE_LINEARIZABILITY_OPERATIONS: how many operations are recorded and checked.
#include <gtest/gtest.h>

#include <cstdlib>
#include <map>
#include <random>

#include "tests/chaos/session_load.h"
#include "tests/chaos/session_replicas.h"

namespace tokenforge::chaos {
namespace {

using std::chrono::milliseconds;

size_t Wanted() {
  const char* wanted = std::getenv("TOKENFORGE_LINEARIZABILITY_OPERATIONS");
  return wanted == nullptr ? 6'000 : std::stoul(wanted);
}

struct Weather {
  const char* name;
  FaultyLink::Faults link;
  Disturber::Kind server;
};
constexpr std::array<Weather, 6> kWeathers = {{
    {"calm", {}, Disturber::Kind::kNone},
    {"cuts", {0.02, 0, {}}, Disturber::Kind::kNone},
    {"delays", {0, 0.01, milliseconds(800)}, Disturber::Kind::kNone},
    {"kills", {}, Disturber::Kind::kKill},
    {"pauses", {}, Disturber::Kind::kPause},
    {"all", {0.01, 0.005, milliseconds(800)}, Disturber::Kind::kKill},
}};

struct Tally {
  size_t operations = 0;
  size_t unanswered = 0;
  size_t states = 0;
  int decided = 0;
  int undecided = 0;  // histories with too many possible pasts: not counted
  int not_sent = 0;
  int disturbances = 0;
  std::map<sessions::Verdict, int> verdicts;

  void Count(const std::vector<Operation>& history) {
    operations += history.size();
    for (const Operation& each : history) {
      unanswered += !each.answer;
      if (each.answer && each.kind == Operation::Kind::kRotate) ++verdicts[each.answer->verdict];
    }
  }
};

class Linearizability : public ::testing::Test {
 protected:
  // Enough was seen: of operations, and of what was to disturb them. A fast machine is through the
  // former before the latter has happened often enough to mean anything.
  bool SeenEnough() const {
    return tally_.operations >= Wanted() && tally_.disturbances > 3 && tally_.unanswered > 20;
  }

  void RunRound(const Weather& weather, unsigned seed) {
    SCOPED_TRACE(std::string(weather.name) + ", seed " + std::to_string(seed));
    const sessions::Policy policy =
        RoundPolicy(seed % 3 == 0 ? sessions::ReusePolicy::kSession : sessions::ReusePolicy::kUser);
    LoadOptions options;
    options.timeout = milliseconds(400);
    options.seed = seed;
    SessionLoad load(replicas_.Open(policy), policy, options);
    Disturber disturber(&replicas_.server(), weather.server, seed);
    replicas_.Set(weather.link);
    Round round;
    disturber.During([&](const std::function<void()>& calm) {
      round = load.Run([&] {
        replicas_.Set({});
        calm();
      });
    });
    tally_.disturbances += disturber.times();
    tally_.not_sent += round.not_sent;
    for (const std::vector<Operation>& history : round.histories) {
      const Finding finding = CheckHistory(history, policy);
      tally_.states += finding.states;
      ASSERT_TRUE(finding.linearizable) << finding.why;
      ++(finding.decided ? tally_.decided : tally_.undecided);
      if (finding.decided) tally_.Count(history);
    }
  }

  const unsigned seed_ = std::random_device()();
  SessionReplicas replicas_{seed_};
  Tally tally_;
};

TEST_F(Linearizability, HoldsUnderConcurrencyAndFaults) {
  // Bounded: disturbances that never come are a fault of the test, and fail it below.
  const unsigned most = kWeathers.size() * (10 + Wanted() / 1'000);
  for (unsigned round = 0; round < most && !SeenEnough() && !HasFatalFailure(); ++round) {
    RunRound(kWeathers[round % kWeathers.size()], seed_ + round);
  }
  std::printf(
      "%zu operations, %zu of them without an answer, %d never sent; %d kills and pauses, %d cuts, "
      "%d delays; %zu states looked at, %d histories "
      "undecided\nrefreshes:",
      tally_.operations, tally_.unanswered, tally_.not_sent, tally_.disturbances, replicas_.cuts(),
      replicas_.holds(), tally_.states, tally_.undecided);
  static constexpr const char* kNames[] = {"rotated", "repeated", "superseded", "reused", "ended"};
  for (const auto& [verdict, count] : tally_.verdicts) {
    std::printf(" %s %d", kNames[static_cast<int>(verdict)], count);
  }
  std::printf("\n");
  for (int verdict = 0; verdict < 5; ++verdict) {
    EXPECT_GT(tally_.verdicts[static_cast<sessions::Verdict>(verdict)], 20) << kNames[verdict];
  }
  EXPECT_GT(tally_.unanswered, 20U) << "the faults are not wild enough";
  EXPECT_GT(tally_.disturbances, 3);
  EXPECT_LE(tally_.undecided * 20, tally_.decided);
}

}  // namespace
}  // namespace tokenforge::chaos
