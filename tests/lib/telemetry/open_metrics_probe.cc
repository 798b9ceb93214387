// Prints metrics of every kind, with an exemplar, as a scraper of OpenMetrics gets them: for
// open_metrics_test.py.
#include <iostream>

#include "lib/telemetry/call.h"
#include "lib/telemetry/log.h"
#include "lib/telemetry/metrics.h"
#include "lib/telemetry/open_metrics.h"
#include "lib/telemetry/span_queue.h"

int main() {
  using namespace tokenforge::telemetry;
  CounterFamily("probe_things_total", "Things, \"quoted\",\nof two lines and a \\", {"kind"})
      .With({"a\"b\\c"})
      .Increment(2'000'000);
  CounterFamily("probe_odd", "A counter without its suffix").With().Increment();
  GaugeFamily("probe_level", "A level", {"where"}).With({"here"}).Set(-0.25);
  HistogramFamily("probe_seconds", "Spans", {}, {0.005, 1, 60}).With().Observe(0.7);
  SpansOfProcess().Open(4, 4);
  TraceHeaders headers;
  headers.Add(kTraceparent, "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01");
  const TraceContext trace = headers.Named();
  CallRecord record;
  record.trace = &trace;
  record.code = absl::StatusCode::kOk;
  record.duration = std::chrono::milliseconds(30);
  SetLogSink([](Level, std::string_view) {});
  RecordServerCall(ServerMethod::Of("probe.Service/Call"), record);
  std::cout << ExposeOpenMetrics();
}
