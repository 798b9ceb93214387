#include "lib/operators/operators_server.h"

#include "lib/telemetry/metrics.h"
#include "lib/telemetry/open_metrics.h"

namespace tokenforge::operators {
namespace {

HttpResponse Answer(int status, std::string_view type, std::string body) {
  return {.status = status,
          .headers = {{"Content-Type", std::string(type)}, {"Cache-Control", "no-store"}},
          .body = std::move(body)};
}

}  // namespace

Server::Server(const std::string& address, const Readiness* readiness)
    // Four threads: a scraper that hangs must not make the probes fail.
    : http_({.address = address, .threads = 4}) {
  http_.Handle("/metrics", [](const HttpRequest& request) {
    if (telemetry::WantsOpenMetrics(request.Header("accept"))) {
      return Answer(200, telemetry::kOpenMetricsContentType, telemetry::ExposeOpenMetrics());
    }
    return Answer(200, telemetry::kExposeContentType, telemetry::ExposeText());
  });
  http_.Handle("/livez", [](const HttpRequest&) { return Answer(200, "text/plain", "alive\n"); });
  http_.Handle("/readyz", [readiness](const HttpRequest&) {
    // One look for both, so that code and body never disagree.
    const Readiness::Report report = readiness->Look();
    return Answer(report.ready ? 200 : 503, "application/json", report.json + "\n");
  });
}

}  // namespace tokenforge::operators
