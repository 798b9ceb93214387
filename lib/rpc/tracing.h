// Tracing: whether and where a process exports its spans (docs/tracing.md, docs/adr/0030).
//
// Off unless there is an endpoint. A collector that is away or misbehaves never keeps a process
// from starting, serving or ending. Settings are a plain value; the rest is for the main thread.
#pragma once

#include <chrono>
#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/rpc/tls.h"

namespace tokenforge::config {
class Parser;
}
namespace tokenforge::otlp {
class Exporter;
}

namespace tokenforge::rpc {

struct TraceSettings {
  // --otlp-endpoint: "https://host:4317", or "http://127.0.0.1:4317" (loopback only); empty: off.
  std::string endpoint;
  // --otlp-ca-file: who signs the collector's certificate; empty: the CA of the suite.
  std::string ca_file;
  // --otlp-identity: the collector's SPIFFE ID under the CA of the suite; empty: its host name is
  // checked instead.
  std::string identity;
  std::string sample_ratio = "1";  // --trace-sample-ratio: of the traces that begin here
};

// Declares them, under a title of their own.
void Declare(config::Parser& parser, TraceSettings* settings);

// What is wrong with them, each as "NAME must …".
std::vector<std::string> MistakesIn(const TraceSettings& settings);

// What traces say that this process is.
struct TracedProcess {
  std::string name;     // "tokenforge-auth"
  std::string version;  // may be empty
};

// Sets the ratio and begins to export the spans of this process; null when there is no endpoint.
// Ends, after a flush of at most 2 s, with the last owner of what it returns.
// `files`: our certificate, shown to the collector when it speaks TLS, and the CA of the suite; may
// be empty for http. INVALID_FIELD: MistakesIn, or files that are no good. FAILED_PRECONDITION:
// this process exports already.
absl::StatusOr<std::shared_ptr<otlp::Exporter>> StartTracing(const TracedProcess& process,
                                                             const TraceSettings& settings,
                                                             const TlsFiles& files);

}  // namespace tokenforge::rpc
