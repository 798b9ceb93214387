#include "lib/telemetry/open_metrics.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/telemetry/call.h"
#include "lib/telemetry/exemplars.h"
#include "lib/telemetry/metrics.h"
#include "lib/telemetry/span_queue.h"

namespace tokenforge::telemetry {
namespace {

using std::chrono::milliseconds;
using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;

TEST(WantsOpenMetrics, OnlyWhenAskedForItAndNotLessThanForText) {
  EXPECT_TRUE(WantsOpenMetrics("application/openmetrics-text; version=1.0.0"));
  EXPECT_TRUE(
      WantsOpenMetrics("application/openmetrics-text;version=1.0.0;q=0.5,text/plain;q=0.3"));
  EXPECT_TRUE(WantsOpenMetrics("text/plain;version=0.0.4;q=0.2, application/openmetrics-text"));
  EXPECT_FALSE(WantsOpenMetrics(""));
  EXPECT_FALSE(WantsOpenMetrics("*/*"));
  EXPECT_FALSE(WantsOpenMetrics("text/plain"));
  EXPECT_FALSE(WantsOpenMetrics("application/openmetrics-text;q=0"));
  EXPECT_FALSE(WantsOpenMetrics("application/openmetrics-text;q=x"));
  EXPECT_FALSE(WantsOpenMetrics("application/openmetrics-text;q=0.1, text/plain;q=0.9"));
  EXPECT_FALSE(WantsOpenMetrics("application/openmetrics-textual"));
}

TEST(OpenMetrics, WritesCountersGaugesAndHistogramsItsWay) {
  CounterFamily("om_things_total", "Things, \"quoted\" and \\", {"kind"})
      .With({"a\"b"})
      .Increment(2);
  CounterFamily("om_odd", "A counter without its suffix").With().Increment();
  GaugeFamily("om_level", "A level").With().Set(1.5);
  HistogramFamily("om_seconds", "Spans", {}, {0.5, 1}).With().Observe(0.7);
  const std::string text = ExposeOpenMetrics();
  EXPECT_THAT(text, HasSubstr("# TYPE om_things counter\n"
                              "# HELP om_things Things, \\\"quoted\\\" and \\\\\n"
                              "om_things_total{kind=\"a\\\"b\"} 2\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE om_odd unknown\n"));
  EXPECT_THAT(text, HasSubstr("# TYPE om_level gauge\n# HELP om_level A level\nom_level 1.5\n"));
  EXPECT_THAT(text, HasSubstr("om_seconds_bucket{le=\"0.5\"} 0\n"
                              "om_seconds_bucket{le=\"1.0\"} 1\n"
                              "om_seconds_bucket{le=\"+Inf\"} 1\n"
                              "om_seconds_count 1\nom_seconds_sum 0.7\n"));
  EXPECT_THAT(text, EndsWith("\n# EOF\n"));
}

TEST(Exemplars, KeepTheLastOfEachBucketByItsUpperBound) {
  Exemplars exemplars({1, 2});
  TraceContext first = TraceContext::New(), second = TraceContext::New();
  exemplars.Note(1, first);
  exemplars.Note(1.5, first);
  exemplars.Note(2, second);
  exemplars.Note(2.5, second);
  const auto all = exemplars.All();
  ASSERT_EQ(all.size(), 3u);
  EXPECT_EQ(all[0]->value, 1) << "a bound belongs to its bucket";
  EXPECT_EQ(all[1]->value, 2);
  EXPECT_EQ(all[1]->trace_id, second.trace_id);
  EXPECT_EQ(all[2]->value, 2.5);
}

void Answer(const TraceContext& trace, std::string_view method) {
  CallRecord record;
  record.trace = &trace;
  record.code = absl::StatusCode::kOk;
  record.duration = milliseconds(30);
  RecordServerCall(ServerMethod::Of(method), record);
}

TEST(OpenMetrics, LeadsFromABucketToARecordedTrace) {
  TraceContext trace = TraceContext::New();
  trace.flags = TraceContext::kSampled;
  Answer(trace, "om.Service/NotExported");
  ASSERT_TRUE(SpansOfProcess().Open(4, 4));
  Answer(trace, "om.Service/Exported");
  trace.flags = 0;
  Answer(trace, "om.Service/NotSampled");
  SpansOfProcess().Close();
  const std::string text = ExposeOpenMetrics();
  const auto bucket = [](const std::string& method) {
    return "rpc_server_call_duration_seconds_bucket{rpc_method=\"om.Service/" + method +
           "\",rpc_response_status_code=\"OK\",le=\"0.05\"} 1";
  };
  EXPECT_THAT(text, HasSubstr(bucket("Exported") + " # {trace_id=\"" + trace.TraceIdHex() +
                              "\",span_id=\"" + trace.SpanIdHex() + "\"} 0.03 1"));
  EXPECT_THAT(text, HasSubstr(bucket("NotExported") + "\n"));
  EXPECT_THAT(text, HasSubstr(bucket("NotSampled") + "\n"));
  EXPECT_THAT(ExposeText(), Not(HasSubstr("trace_id")));
}

}  // namespace
}  // namespace tokenforge::telemetry
