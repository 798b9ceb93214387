#include "lib/operators/operators_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <memory>
#include <vector>

#include "lib/telemetry/metrics.h"
#include "tests/lib/operators/http_client.h"

namespace tokenforge::operators {
namespace {

using ::testing::HasSubstr;
using ::testing::StartsWith;

class OperatorsServerTest : public testing::Test {
 protected:
  OperatorsServerTest() { EXPECT_TRUE(server_.Start().ok()); }
  std::string Ask(const std::string& path) { return Get(server_.port(), path); }

  Readiness readiness_;
  Server server_{"127.0.0.1:0", &readiness_};
};

TEST_F(OperatorsServerTest, MetricsAreTheRegistrysText) {
  telemetry::CounterFamily("test_operators_total", "Operators").With().Increment();
  const std::string answer = Ask("/metrics");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("Content-Type: text/plain; version=0.0.4"));
  EXPECT_THAT(answer, HasSubstr("\ntest_operators_total 1\n"));
}

TEST_F(OperatorsServerTest, MetricsAreOpenMetricsForWhoeverPrefersThat) {
  const std::string answer =
      Get(server_.port(), "/metrics",
          "Accept: application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/openmetrics-text; version=1.0.0"));
  EXPECT_THAT(answer, HasSubstr("\n# EOF\n"));
}

TEST_F(OperatorsServerTest, IsAliveWhetherReadyOrNot) {
  readiness_.Expect("redis");
  EXPECT_THAT(Ask("/livez"), StartsWith("HTTP/1.1 200 "));
  readiness_.SetDraining();
  EXPECT_THAT(Ask("/livez"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(OperatorsServerTest, ReadinessFollowsItsConditions) {
  readiness_.Expect("redis");
  EXPECT_THAT(Ask("/readyz"), StartsWith("HTTP/1.1 503 "));
  readiness_.Set("redis", true);
  EXPECT_THAT(Ask("/readyz"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(OperatorsServerTest, ReadinessTellsWhatWasLostLater) {
  readiness_.Set("redis", true);
  readiness_.Set("redis", false, "connection lost");
  const std::string answer = Ask("/readyz");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/json"));
  EXPECT_THAT(BodyOf(answer),
              StartsWith("{\"ready\":true,\"draining\":false,\"conditions\":[{\"name\":\"redis\","
                         "\"ok\":false,\"detail\":\"connection lost\"}],\"version\":\""));
}

TEST_F(OperatorsServerTest, DrainingIsNotReady) {
  EXPECT_THAT(Ask("/readyz"), StartsWith("HTTP/1.1 200 "));
  readiness_.SetDraining();
  const std::string answer = Ask("/readyz");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 503 "));
  EXPECT_THAT(answer, HasSubstr("\"draining\":true"));
}

TEST_F(OperatorsServerTest, ClientsThatHangDoNotStopAProbe) {
  std::vector<std::unique_ptr<Connection>> hanging;
  for (int i = 0; i < 3; ++i) {
    hanging.push_back(std::make_unique<Connection>(server_.port()));
    hanging.back()->Send("GET /metr");
  }
  EXPECT_THAT(Ask("/livez"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(OperatorsServerTest, NothingElseIsThere) {
  for (const char* path : {"/", "/metrics/", "/debug", "/readyz/redis"}) {
    EXPECT_THAT(Ask(path), StartsWith("HTTP/1.1 404 ")) << path;
  }
}

}  // namespace
}  // namespace tokenforge::operators
