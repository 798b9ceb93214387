// What is written down about each RPC: one log line, and the RED metrics of OpenTelemetry's RPC
// conventions.
//
// Metrics: rpc_server_call_duration_seconds and rpc_client_call_duration_seconds, each with
// rpc_method (without the leading slash: `tokenforge.auth.v1.AuthService/Login`) and
// rpc_response_status_code (`OK`, `UNAUTHENTICATED`, …), and rpc_server_active_requests. Refusals
// are recorded like any call.
//
// Resolve a method once, when it is registered; recording then takes no look-up. Resolve only
// methods that exist: a path that nobody registered is ServerMethod::Other(). Thread-safe.
#pragma once

#include <chrono>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "lib/telemetry/trace.h"

namespace tokenforge::telemetry {

// "OK", "UNAUTHENTICATED", …; "UNKNOWN" for a number that is no code.
std::string_view CodeName(absl::StatusCode code);

struct MethodMetrics;  // a method's resolved histograms; lives until the process ends

class ServerMethod {
 public:
  // `name` may begin with a slash. Beyond 512 methods: Other().
  static ServerMethod Of(std::string_view name);
  static ServerMethod Other();
  std::string_view name() const;  // lives as long as the process

 private:
  friend void RecordServerCall(ServerMethod method, const struct CallRecord& call);
  friend class ActiveCall;
  explicit ServerMethod(MethodMetrics* metrics) : metrics_(metrics) {}
  MethodMetrics* metrics_;
};

class ClientMethod {
 public:
  static ClientMethod Of(std::string_view name);
  std::string_view name() const;

 private:
  friend void RecordClientCall(ClientMethod method, absl::StatusCode code,
                               std::chrono::nanoseconds duration);
  explicit ClientMethod(MethodMetrics* metrics) : metrics_(metrics) {}
  MethodMetrics* metrics_;
};

// How one call ended. Views live for the call of RecordServerCall. Nothing secret goes here:
// `reason` is the name of a public Reason, `peer` a SPIFFE ID or address, `sub` the subject of a
// verified token.
struct CallRecord {
  const TraceContext* trace = nullptr;
  absl::StatusCode code = absl::StatusCode::kUnknown;
  std::string_view reason = {};
  std::chrono::nanoseconds duration{0};
  std::string_view peer = {};
  std::string_view sub = {};
};

// Observes the duration and writes the line `call`: at info, or as a warning for UNAVAILABLE and
// DEADLINE_EXCEEDED, or as an error for UNKNOWN, INTERNAL and DATA_LOSS, which mean that we have a
// fault.
void RecordServerCall(ServerMethod method, const CallRecord& call);

// Observes the duration. What a failed call means is for its caller to log.
void RecordClientCall(ClientMethod method, absl::StatusCode code,
                      std::chrono::nanoseconds duration);

// Counts a call in rpc_server_active_requests from its construction to its end.
class ActiveCall {
 public:
  ActiveCall();
  ~ActiveCall();
  ActiveCall(const ActiveCall&) = delete;
  ActiveCall& operator=(const ActiveCall&) = delete;

  // Which method it is, once that is known: for RunningCalls.
  void IsOf(ServerMethod method);

 private:
  MethodMetrics* method_ = nullptr;
};

// The calls that are being answered now, such as "notes.v1.NotesService/StreamNotes 2,
// grpc.health.v1.Health/Watch 1": what a process that cannot stop is waiting for.
std::string RunningCalls();

}  // namespace tokenforge::telemetry
