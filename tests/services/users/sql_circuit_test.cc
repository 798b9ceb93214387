// A database that is away is left alone; and a connection that is silent is cut.
#include <gtest/gtest.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>

#include "lib/errors/errors.h"
#include "services/users/sql_database.h"
#include "services/users/sql_stall_watch.h"
#include "tests/services/users/wait.h"

namespace tokenforge::users {
namespace {

namespace reasons = errors::reasons;
using std::chrono::hours;
using std::chrono::steady_clock;

class SqlCircuitTest : public ::testing::Test {
 protected:
  errors::Reason Ask() {
    auto ask = [](SqlSession& session) {
      session.Ping();
      return absl::OkStatus();
    };
    return errors::ReasonOf(Wait(database_.Run(InAMinute(), "Test", ask)))
        .value_or(reasons::REASON_UNSPECIFIED);
  }

  const clock::SystemClock clock_;
  breaker::Circuit circuit_{"database", {}, clock_};
  SqlDatabase database_{*SqlDialect::ForUrl("sqlite:///nonexistent/users.db", secret::Secret(), {}),
                        {.circuit = &circuit_}};
};

TEST_F(SqlCircuitTest, ADatabaseThatIsAwayIsLeftAlone) {
  for (int i = 0; i < 10; ++i) EXPECT_EQ(Ask(), reasons::DEPENDENCY_DOWN);
  EXPECT_EQ(Ask(), reasons::CIRCUIT_OPEN);
}

TEST_F(SqlCircuitTest, WhoeverLooksWhetherItIsBackIsNotRefused) {
  for (int i = 0; i < 10; ++i) Ask();
  const absl::Status answer = Wait(database_.Ping(InAMinute()));
  EXPECT_EQ(errors::ReasonOf(answer), reasons::DEPENDENCY_DOWN);
}

// Two ends of a connection: ours, and the database's.
class Connection {
 public:
  Connection() { EXPECT_EQ(socketpair(AF_UNIX, SOCK_STREAM, 0, ends_.data()), 0); }
  ~Connection() {
    for (const int end : ends_) close(end);
  }
  Connection(const Connection&) = delete;
  Connection& operator=(const Connection&) = delete;

  int ours() const { return ends_[0]; }
  // Waits for what the database never says; returns when the connection is cut.
  void AwaitCut() const {
    char byte = 0;
    EXPECT_EQ(read(ends_[0], &byte, 1), 0);
  }
  bool IsOpen() const { return send(ends_[0], "?", 1, MSG_NOSIGNAL) == 1; }

 private:
  std::array<int, 2> ends_{};
};

TEST(SqlStallWatch, CutsAConnectionWhoseTimeIsUp) {
  SqlStallWatch watch(1);
  const Connection connection;
  const SqlStallWatch::Turn turn(watch, 0, connection.ours(), steady_clock::now());
  connection.AwaitCut();
}

TEST(SqlStallWatch, CutsTheOneThatIsDueAndNoOther) {
  SqlStallWatch watch(3);
  const Connection later;
  const Connection ended;
  const Connection due;
  const auto now = steady_clock::now();
  const SqlStallWatch::Turn first(watch, 0, later.ours(), now + hours(1));
  {
    const SqlStallWatch::Turn second(watch, 1, ended.ours(), now + hours(1));
  }
  const SqlStallWatch::Turn third(watch, 2, due.ours(), now);
  due.AwaitCut();
  EXPECT_TRUE(later.IsOpen());
  EXPECT_TRUE(ended.IsOpen());
}

TEST(SqlStallWatch, ATurnThatIsOverIsForgotten) {
  SqlStallWatch watch(2);
  const Connection over;
  const Connection due;
  const auto soon = steady_clock::now() + std::chrono::milliseconds(20);
  {
    const SqlStallWatch::Turn turn(watch, 0, over.ours(), soon);
  }
  const SqlStallWatch::Turn turn(watch, 1, due.ours(), soon);
  due.AwaitCut();
  EXPECT_TRUE(over.IsOpen());
}

TEST(SqlStallWatch, LeavesDatabasesWithoutASocketAlone) {
  SqlStallWatch watch(2);
  const Connection due;
  const SqlStallWatch::Turn none(watch, 0, -1, steady_clock::now());
  const SqlStallWatch::Turn turn(watch, 1, due.ours(), steady_clock::now());
  due.AwaitCut();
}

}  // namespace
}  // namespace tokenforge::users
