#include "lib/telemetry/metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>

namespace tokenforge::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

TEST(Metrics, ExposesCountersGaugesAndHistogramsInTextForm) {
  const CounterFamily tries("test_tries_total", "Tries", {"result"});
  tries.With({"ok"}).Increment();
  tries.With({"ok"}).Increment(2);
  GaugeFamily("test_level", "Level").With().Set(2.5);
  const Histogram seconds = HistogramFamily("test_seconds", "Seconds", {}, {0.1, 1}).With();
  seconds.Observe(std::chrono::milliseconds(50));
  seconds.Observe(5.0);
  const std::string text = ExposeText();
  EXPECT_THAT(text, HasSubstr("# TYPE test_tries_total counter"));
  EXPECT_THAT(text, HasSubstr("test_tries_total{result=\"ok\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("test_level 2.5\n"));
  EXPECT_THAT(text, HasSubstr("test_seconds_bucket{le=\"0.1\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("test_seconds_bucket{le=\"+Inf\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("test_seconds_count 2\n"));
}

TEST(Metrics, AValueOnABoundaryBelongsToTheLowerBucket) {
  HistogramFamily("test_boundary", "Boundary", {}, {0.1, 1}).With().Observe(0.1);
  EXPECT_THAT(ExposeText(), HasSubstr("test_boundary_bucket{le=\"0.1\"} 1\n"));
}

TEST(Metrics, ADefaultHandleCountsNothing) {
  Counter().Increment();
  Gauge().Set(1);
  Histogram().Observe(1.0);
}

TEST(Metrics, TheSameNameIsTheSameFamily) {
  CounterFamily("test_same_total", "Same").With().Increment();
  CounterFamily("test_same_total", "Same").With().Increment();
  EXPECT_THAT(ExposeText(), HasSubstr("test_same_total 2\n"));
}

TEST(Metrics, BeyondItsCapAFamilyCountsTheRestAsOther) {
  const CounterFamily family("test_capped_total", "Capped", {"who"}, 2);
  for (const char* who : {"a", "b", "c", "d", "a"}) family.With({who}).Increment();
  const std::string text = ExposeText();
  EXPECT_THAT(text, HasSubstr("test_capped_total{who=\"a\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("test_capped_total{who=\"_OTHER\"} 2\n"));
  EXPECT_THAT(text, Not(HasSubstr("who=\"c\"")));
}

TEST(Metrics, ALabelCannotSpoilThePage) {
  CounterFamily("test_labels_total", "Labels", {"what"}).With({"a\"b\nc\xff"}).Increment();
  const std::string text = ExposeText();
  EXPECT_THAT(text, HasSubstr("test_labels_total{what=\"a\\\"b?c?\"} 1\n"));
}

TEST(Metrics, AnObservedGaugeIsReadWhileItLives) {
  int reads = 0;
  const Gauge gauge = GaugeFamily("test_observed", "Observed").With();
  {
    const ObservedGauge observed(gauge, [&] { return ++reads; });
    EXPECT_THAT(ExposeText(), HasSubstr("test_observed 1\n"));
    EXPECT_THAT(ExposeText(), HasSubstr("test_observed 2\n"));
  }
  EXPECT_THAT(ExposeText(), HasSubstr("test_observed 2\n"));
  EXPECT_EQ(reads, 2);
}

TEST(Metrics, NoIncrementOfAnyThreadIsLost) {
  const CounterFamily family("test_threads_total", "Threads", {"n"});
  const Histogram histogram = HistogramFamily("test_threads_seconds", "Threads").With();
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([&] {
      for (int i = 0; i < 10000; ++i) {
        family.With({i % 2 == 0 ? "even" : "odd"}).Increment();
        histogram.Observe(0.01);
      }
    });
  }
  for (int i = 0; i < 20; ++i) EXPECT_THAT(ExposeText(), HasSubstr("process_open_fds"));
  for (std::thread& thread : threads) thread.join();
  const std::string text = ExposeText();
  EXPECT_THAT(text, HasSubstr("test_threads_total{n=\"even\"} 20000\n"));
  EXPECT_THAT(text, HasSubstr("test_threads_seconds_count 40000\n"));
}

TEST(Metrics, TellsAboutTheProcess) {
  const std::string text = ExposeText();
  for (const char* name :
       {"process_resident_memory_bytes ", "process_cpu_seconds_total ", "process_open_fds ",
        "process_start_time_seconds ", "tokenforge_log_lines_dropped_total "}) {
    EXPECT_THAT(text, HasSubstr(std::string("\n") + name));
  }
  EXPECT_THAT(text, Not(HasSubstr("\nprocess_resident_memory_bytes 0\n")));
}

TEST(Metrics, NamesSharedByAllServicesAreTheContracts) {
  CircuitOpen("redis").Set(1);
  PoolQueue("hash").Set(3);
  DependencyDuration("redis", "evalsha").Observe(std::chrono::milliseconds(1));
  const std::string text = ExposeText();
  EXPECT_THAT(text, HasSubstr("tokenforge_circuit_open{dependency=\"redis\"} 1\n"));
  EXPECT_THAT(text, HasSubstr("tokenforge_pool_queue{pool=\"hash\"} 3\n"));
  EXPECT_THAT(text, HasSubstr("tokenforge_dependency_duration_seconds_count{dependency=\"redis\","
                              "operation=\"evalsha\"} 1\n"));
}

TEST(MetricsDeathTest, AFaultOfOursEndsTheProcess) {
  testing::GTEST_FLAG(death_test_style) = "threadsafe";
  EXPECT_DEATH(CounterFamily("not a name", ""), "not a valid name");
  EXPECT_DEATH(
      {
        CounterFamily("test_twice", "");
        GaugeFamily("test_twice", "");
      },
      "two types");
  EXPECT_DEATH(CounterFamily("test_values", "", {"a"}).With({"x", "y"}), "wrong number");
}

}  // namespace
}  // namespace tokenforge::telemetry
