// Many commands in one round: done when all are, and only then good when all are.
#include "lib/redis/run_all.h"

#include <gtest/gtest.h>

#include <string>
#include <utility>

#include "lib/errors/errors.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/redis_server.h"

namespace tokenforge::redis {
namespace {

using errors::ReasonOf;
using fakes::Ask;
using fakes::Finish;
using fakes::In;
using std::chrono::seconds;
namespace reasons = errors::reasons;

class RunAllTest : public ::testing::Test {
 protected:
  static std::vector<Command> Counts(int keys) {
    std::vector<Command> commands;
    for (int i = 0; i < keys; ++i) commands.push_back(Command({"INCR", std::to_string(i)}));
    return commands;
  }
  int64_t Keys() { return Ask(*client_, Command({"DBSIZE"})).value().AsInteger().value(); }

  fakes::RedisServer server_;
  std::unique_ptr<Client> client_ = Open(fakes::OptionsFor(server_.address()));
};

TEST_F(RunAllTest, HasRunEveryCommandWhenItEnds) {
  EXPECT_TRUE(Finish(RunAll(*client_, Counts(1000), In(seconds(20)))).ok());
  EXPECT_EQ(Keys(), 1000);
}

TEST_F(RunAllTest, OfNoCommandsIsDone) {
  EXPECT_TRUE(Finish(RunAll(*client_, {}, In(seconds(20)))).ok());
}

TEST_F(RunAllTest, OneErrorIsTheAnswerAndTheOthersRanAllTheSame) {
  ASSERT_TRUE(Ask(*client_, Command({"SET", "7", "no number"})).ok());
  const absl::Status outcome = Finish(RunAll(*client_, Counts(20), In(seconds(20))));
  EXPECT_EQ(ReasonOf(outcome), reasons::INTERNAL_FAULT);
  EXPECT_EQ(Keys(), 20);
}

TEST_F(RunAllTest, AServerThatDoesNotAnswerIsAnErrorOnce) {
  ASSERT_TRUE(Ask(*client_, Command({"PING"})).ok());
  server_.Pause();
  const absl::Status outcome =
      Finish(RunAll(*client_, Counts(20), In(std::chrono::milliseconds(20))));
  server_.Resume();
  EXPECT_EQ(ReasonOf(outcome), reasons::DEPENDENCY_DOWN);
}

TEST_F(RunAllTest, CommandsThatAreRefusedAtOnceAreAnErrorToo) {
  Options options = fakes::OptionsFor(server_.address());
  options.max_outstanding = 5;
  const std::unique_ptr<Client> narrow = Open(std::move(options));
  ASSERT_TRUE(Ask(*narrow, Command({"PING"})).ok());
  server_.Pause();  // so that the first five wait, until the deadline, and all others are refused
  const absl::Status outcome =
      Finish(RunAll(*narrow, Counts(1000), In(std::chrono::milliseconds(300))));
  server_.Resume();
  EXPECT_EQ(ReasonOf(outcome), reasons::OVERLOADED);
}

}  // namespace
}  // namespace tokenforge::redis
