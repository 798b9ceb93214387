// Tracing: spans of a guarded server, exported to an OTLP collector.
//
//   tokenforge::TracingOptions options;
//   options.service = "notes";
//   options.endpoint = "http://127.0.0.1:4317";
//   const auto tracing = tokenforge::Tracing::Start(options);  // keep it while the server serves
//
// What there is then: a span of every call that a guard of this process sees, refused ones too
// (health checks excepted), and one of every call on channels of MakeChannel or with the
// interceptors of MakeClientMetrics. A handler's calls are below its own call when their context
// comes from MakeOutgoing. docs/tracing.md says what a span holds, and what never.
//
// A collector that is slow or away never holds a call up: what does not fit into a bounded queue is
// dropped and counted. Off, which is how a process begins, it costs nothing.
//
// One for each process, whatever number of guards it has. Start and the destructor, which sends
// what there is for at most 2 s, on one thread.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tokenforge/credentials.h"

namespace tokenforge {

struct TracingOptions {
  std::string service;          // service.name
  std::string service_version;  // service.version; may be empty
  // "https://collector:4317", or "http://127.0.0.1:4317" on this machine. Empty: nothing is
  // exported, and only sample_ratio counts.
  std::string endpoint;
  std::string ca_file;   // who signs the collector's certificate; empty: tls.ca_file
  std::string identity;  // its SPIFFE ID under tls.ca_file; empty: its host name is checked
  MtlsFiles tls;         // ours, shown to the collector; may be empty without `identity`
  // Of the traces that begin in this process, how many are recorded, by us and by those we call: 0
  // to 1. A caller's decision stands.
  double sample_ratio = 1;
};

class Tracing {
 public:
  // INVALID_ARGUMENT INVALID_FIELD with every fault; FAILED_PRECONDITION when this process has one.
  static absl::StatusOr<std::unique_ptr<Tracing>> Start(const TracingOptions& options);
  ~Tracing();
  Tracing(const Tracing&) = delete;
  Tracing& operator=(const Tracing&) = delete;

 private:
  explicit Tracing(std::shared_ptr<void> exporter);
  const std::shared_ptr<void> exporter_;
};

}  // namespace tokenforge
