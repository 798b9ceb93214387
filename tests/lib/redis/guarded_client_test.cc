// A client behind a circuit: what is counted, and what an open circuit costs the server: nothing.
#include "lib/redis/guarded_client.h"

#include <gtest/gtest.h>

#include <chrono>
#include <vector>

#include "lib/errors/errors.h"
#include "tests/fakes/fake_clock.h"

namespace tokenforge::redis {
namespace {

namespace reasons = errors::reasons;
using std::chrono::milliseconds;
using std::chrono::seconds;

// Ends every command as it is told to.
class ScriptedClient final : public Client {
 public:
  void Run(Command, clock::SteadyTime, Done done) override {
    ++commands;
    clock->Advance(takes);
    if (held) return held->push_back(std::move(done));
    done(end.ok() ? absl::StatusOr<Reply>(Reply()) : end);
  }
  bool Connected() const override { return true; }
  uint64_t Losses() const override { return 7; }

  fakes::FakeClock* clock;
  absl::Status end;
  milliseconds takes{0};
  std::vector<Done>* held = nullptr;
  int commands = 0;
};

class GuardedClientTest : public ::testing::Test {
 protected:
  GuardedClientTest() { client_.clock = &clock_; }

  void RunMany(int times, milliseconds given = seconds(2)) {
    for (int i = 0; i < times; ++i) Run(given).IgnoreError();
  }
  absl::Status Run(milliseconds given = seconds(2)) {
    absl::Status ended = absl::UnknownError("no answer");
    guarded_.Run(Command({"GET", "key"}), clock_.SteadyNow() + given,
                 [&](const absl::StatusOr<Reply>& reply) { ended = reply.status(); });
    return ended;
  }
  void Fail() {
    client_.end = errors::Make(reasons::DEPENDENCY_DOWN, "not connected");
    RunMany(10);
  }

  fakes::FakeClock clock_;
  breaker::Circuit circuit_{"redis", {.patience = kPatience}, clock_};
  ScriptedClient client_;
  GuardedClient guarded_{client_, circuit_};
};

TEST_F(GuardedClientTest, HandsOnAnswersAndErrors) {
  EXPECT_TRUE(Run().ok());
  client_.end = errors::Make(reasons::INTERNAL_FAULT, "WRONGTYPE");
  EXPECT_EQ(Run(), client_.end);
  EXPECT_TRUE(guarded_.Connected());
  EXPECT_EQ(guarded_.Losses(), 7u);
}

TEST_F(GuardedClientTest, LeavesAServerThatIsDownAlone) {
  Fail();
  const int asked = client_.commands;
  const absl::Status refused = Run();
  EXPECT_EQ(errors::ReasonOf(refused), reasons::CIRCUIT_OPEN);
  EXPECT_EQ(errors::RetryAfterOf(refused), seconds(30));
  EXPECT_EQ(client_.commands, asked);
}

TEST_F(GuardedClientTest, EachServerOfAClusterCountsAsOneCommand) {
  Fail();
  absl::Status ended;
  guarded_.RunOnEach(Command({"DBSIZE"}), clock_.SteadyNow() + seconds(1),
                     [&](absl::StatusOr<std::vector<Reply>> replies) { ended = replies.status(); });
  EXPECT_EQ(errors::ReasonOf(ended), reasons::CIRCUIT_OPEN);
}

TEST_F(GuardedClientTest, IsBackAfterOneGoodProbe) {
  Fail();
  client_.end = absl::OkStatus();
  clock_.Advance(seconds(30));
  EXPECT_TRUE(Run().ok());
  EXPECT_TRUE(Run().ok());
}

TEST_F(GuardedClientTest, FaultsOfOurOwnOpenNothing) {
  client_.end = errors::Make(reasons::INTERNAL_FAULT, "NOPERM");
  RunMany(50);
  client_.end = errors::Make(reasons::OVERLOADED, "too many commands");
  RunMany(50);
  EXPECT_TRUE(circuit_.Look().ok());
}

TEST_F(GuardedClientTest, DeadlinesTooShortForAnyServerOpenNothing) {
  client_.end = errors::Make(reasons::DEPENDENCY_DOWN, "no answer before the deadline");
  client_.takes = milliseconds(100);
  RunMany(50, milliseconds(100));
  EXPECT_TRUE(circuit_.Look().ok());
  client_.takes = kPatience;
  RunMany(10, kPatience);
  EXPECT_FALSE(circuit_.Look().ok());
}

TEST_F(GuardedClientTest, CommandsThatNeverEndSayNothingWhenTheirClientGoes) {
  std::vector<Client::Done> held;
  client_.held = &held;
  RunMany(50);
  held.clear();
  EXPECT_TRUE(circuit_.Look().ok());
}

}  // namespace
}  // namespace tokenforge::redis
