#include "lib/redis/persistence_watch.h"

#include <gtest/gtest.h>

#include <string>

#include "lib/telemetry/metrics.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/redis_server.h"

namespace tokenforge::redis {
namespace {

using std::chrono::milliseconds;

TEST(KeepsWhatItAcknowledges, TakesAnAppendOnlyFileThatIsWritten) {
  const std::string good =
      "# Persistence\r\nloading:0\r\naof_enabled:1\r\naof_rewrite_in_progress:0\r\n"
      "aof_last_write_status:ok\r\n";
  EXPECT_TRUE(KeepsWhatItAcknowledges(good));
  const std::string full_disk = "# Persistence\r\naof_enabled:1\r\naof_last_write_status:err\r\n";
  EXPECT_FALSE(KeepsWhatItAcknowledges(full_disk));
  const std::string none = "# Persistence\r\naof_enabled:0\r\naof_last_write_status:ok\r\n";
  EXPECT_FALSE(KeepsWhatItAcknowledges(none));
  EXPECT_FALSE(KeepsWhatItAcknowledges("")) << "what says nothing promises nothing";
}

// False when the line did not come within a minute.
bool AwaitMetric(const std::string& line) {
  const auto end = fakes::In(std::chrono::seconds(60));
  while (std::chrono::steady_clock::now() < end) {
    if (telemetry::ExposeText().find("\n" + line + "\n") != std::string::npos) return true;
    std::this_thread::sleep_for(milliseconds(5));
  }
  return false;
}

TEST(PersistenceWatch, TellsOfAServerWhoseAppendOnlyFileIsTurnedOffAndOn) {
  const fakes::RedisServer server;
  const std::unique_ptr<Client> client = Open(fakes::OptionsFor(server.address()));
  PersistenceWatch watch(*client, milliseconds(20));
  EXPECT_TRUE(AwaitMetric("tokenforge_redis_persistent 1"));
  ASSERT_TRUE(fakes::Ask(*client, Command({"CONFIG", "SET", "appendonly", "no"})).ok());
  EXPECT_TRUE(AwaitMetric("tokenforge_redis_persistent 0"));
  ASSERT_TRUE(fakes::Ask(*client, Command({"CONFIG", "SET", "appendonly", "yes"})).ok());
  EXPECT_TRUE(AwaitMetric("tokenforge_redis_persistent 1"));
}

TEST(PersistenceWatch, EndsWhileItsServerDoesNotAnswer) {
  fakes::RedisServer server;
  const std::unique_ptr<Client> client = Open(fakes::OptionsFor(server.address()));
  ASSERT_TRUE(fakes::Ask(*client, Command({"PING"})).ok());
  server.Pause();
  PersistenceWatch watch(*client, std::chrono::hours(1));
  watch.Stop();
  watch.Stop();
  server.Resume();
}

}  // namespace
}  // namespace tokenforge::redis
