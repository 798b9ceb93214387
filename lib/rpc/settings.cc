#include "lib/rpc/settings.h"

#include <grpcpp/server_builder.h>

#include <string>
#include <utility>
#include <vector>

#include "lib/config/config.h"
#include "lib/errors/errors.h"
#include "lib/rpc/connection_age.h"

namespace tokenforge::rpc {

using std::chrono::milliseconds;

void Declare(config::Parser& parser, ServerSettings* settings, std::string listen,
             std::string operators_listen) {
  const ServerSettings defaults;
  parser.Group("Server");
  parser.Address("listen", &settings->listen, std::move(listen), "where to serve gRPC over mTLS");
  parser.Address("operators-listen", &settings->operators_listen, std::move(operators_listen),
                 "where to serve /metrics, /livez and /readyz over HTTP");
  parser
      .FileThatExists("tls-cert-file", &settings->tls.cert_file, "",
                      "our certificate chain, PEM, with one SPIFFE ID")
      .Required();
  parser.FileThatExists("tls-key-file", &settings->tls.key_file, "", "its private key, PEM")
      .Required();
  parser
      .FileThatExists("tls-ca-file", &settings->tls.ca_file, "",
                      "CA certificates that every peer must chain to, PEM")
      .Required();
  parser.Integer("max-concurrent-streams", &settings->max_concurrent_streams,
                 defaults.max_concurrent_streams, "calls at once on one connection", 1, 1'000'000);
  parser.Duration("max-connection-age", &settings->max_connection_age, defaults.max_connection_age,
                  "after this a client connects anew, and finds new replicas", milliseconds(1000));
  parser.Path("policy-file", &settings->policy_file, "",
              "rules that replace those of the protos, JSON (docs/guard.md); read again when it "
              "changes");
  parser.Group("Stopping");
  parser.Duration("drain-delay", &settings->drain_delay, defaults.drain_delay,
                  "how long to serve on after readiness went off");
  parser.Duration("shutdown-grace", &settings->shutdown_grace, defaults.shutdown_grace,
                  "how long running calls may take to finish");
  parser.Duration("stop-limit", &settings->stop_limit, defaults.stop_limit,
                  "after this the process ends with code 1, whatever is left", milliseconds(100));
  parser.Group("Log");
  parser.Choice("log-level", &settings->log_level, {"debug", "info", "warning", "error"},
                defaults.log_level, "least level to write");
  parser.Path("log-file", &settings->log_file, "", "file to append to instead of standard error");
  Declare(parser, &settings->tracing);
  parser.Check([settings] {
    std::vector<std::string> mistakes;
    if (settings->drain_delay + settings->shutdown_grace > settings->stop_limit) {
      mistakes.push_back("drain-delay plus shutdown-grace must not exceed stop-limit");
    }
    // Paths that are empty or missing have been named already.
    const absl::Status tls = CheckTlsFiles(settings->tls);
    for (const errors::FieldFault& fault : errors::FaultsOf(tls)) {
      mistakes.push_back(fault.field + " " + fault.description);
    }
    return mistakes;
  });
}

void Declare(config::Parser& parser, TraceSettings* settings) {
  parser.Group("Traces");
  parser.String("otlp-endpoint", &settings->endpoint, "",
                "OTLP/gRPC collector for spans, https://HOST:PORT, or http:// on this machine; "
                "empty: none");
  parser.FileThatExists("otlp-ca-file", &settings->ca_file, "",
                        "CA of the collector's certificate, PEM; empty: that of tls-ca-file");
  parser.String("otlp-identity", &settings->identity, "",
                "SPIFFE ID that the collector must have, or its path in our trust domain; empty: "
                "its certificate must have its host name");
  parser.String("trace-sample-ratio", &settings->sample_ratio, TraceSettings().sample_ratio,
                "of the traces that begin here, how many are recorded, 0 to 1; a caller's decision "
                "stands");
  parser.Check([settings] { return MistakesIn(*settings); });
}

void ApplyLimits(const ServerSettings& settings, grpc::ServerBuilder& builder) {
  builder.SetMaxReceiveMessageSize(1 << 20);
  builder.SetMaxSendMessageSize(4 << 20);
  builder.AddChannelArgument(GRPC_ARG_MAX_METADATA_SIZE, 16 * 1024);
  builder.AddChannelArgument(GRPC_ARG_MAX_CONCURRENT_STREAMS,
                             static_cast<int>(settings.max_concurrent_streams));
  LimitConnectionAge(settings.max_connection_age, builder);
  builder.AddChannelArgument(GRPC_ARG_HTTP2_MIN_RECV_PING_INTERVAL_WITHOUT_DATA_MS, 10'000);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_PERMIT_WITHOUT_CALLS, 1);
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIME_MS, 60'000);  // finds clients that vanished
  builder.AddChannelArgument(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 20'000);
  // A second server on the port must fail to start, not share its calls.
  builder.AddChannelArgument(GRPC_ARG_ALLOW_REUSEPORT, 0);
}

}  // namespace tokenforge::rpc
