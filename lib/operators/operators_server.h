// The operators' HTTP port of a process: /metrics, /livez and /readyz (contract, section 9).
//
// /metrics is the process's registry in Prometheus' text format. /livez answers 200 while the
// process can answer at all. /readyz answers 200 or 503 with each condition as JSON. Plain HTTP,
// for the machine's or the cluster's own network: kubelet's probes speak no client certificates. It
// shows no secret.
//
// A service may add pages of its own, which see to it themselves that nobody sees what they should
// not: this port asks for no certificate.
//
// Start it first, so that a process that waits for its dependencies can be seen to wait.
// `readiness` outlives it.
#pragma once

#include <string>
#include <utility>

#include "absl/status/status.h"
#include "lib/operators/http_server.h"
#include "lib/operators/readiness.h"

namespace tokenforge::operators {

class Server {
 public:
  // `address` is host:port; port 0 takes a free one.
  Server(const std::string& address, const Readiness* readiness);

  // As HttpServer::Handle.
  void Handle(std::string path, HttpHandler handler) {
    http_.Handle(std::move(path), std::move(handler));
  }

  absl::Status Start() { return http_.Start(); }
  int port() const { return http_.port(); }
  void Stop() { http_.Stop(); }

 private:
  HttpServer http_;
};

}  // namespace tokenforge::operators
