// What every server of the suite is configured with: where it listens, its certificate, how it
// drains and logs.
//
// A plain struct, filled by config::Parser before anything opens, and read-only afterwards.
#pragma once

#include <chrono>
#include <cstdint>
#include <string>

#include "lib/rpc/tls.h"
#include "lib/rpc/tracing.h"

namespace tokenforge::config {
class Parser;
}
namespace grpc {
class ServerBuilder;
}

namespace tokenforge::rpc {

struct ServerSettings {
  std::string listen;            // --listen, gRPC over mTLS
  std::string operators_listen;  // --operators-listen, HTTP: /metrics /livez /readyz
  TlsFiles tls;                  // --tls-cert-file --tls-key-file --tls-ca-file
  std::chrono::milliseconds drain_delay{
      5000};  // --drain-delay: serving on after readiness went off
  std::chrono::milliseconds shutdown_grace{20000};  // --shutdown-grace: for calls that run
  std::chrono::milliseconds stop_limit{30000};      // --stop-limit: then exit 1
  std::chrono::milliseconds max_connection_age{30 * 60 * 1000};  // --max-connection-age
  std::string policy_file;  // --policy-file: rules that replace those of the protos; empty: none
  std::int64_t max_concurrent_streams = 1000;  // --max-concurrent-streams, a connection
  std::string log_level = "info";              // --log-level
  std::string log_file;                        // --log-file; empty: stderr
  TraceSettings tracing;
};

// Declares these settings; the two addresses are the service's defaults, such as "127.0.0.1:7445".
void Declare(config::Parser& parser, ServerSettings* settings, std::string listen,
             std::string operators_listen);

// Limits that every server of ours sets: streams per connection, 1 MiB requests and 4 MiB answers,
// 16 KiB of metadata (a token of 8 KiB fits), connection age, and pings of clients no more often
// than each 10 s.
void ApplyLimits(const ServerSettings& settings, grpc::ServerBuilder& builder);

}  // namespace tokenforge::rpc
