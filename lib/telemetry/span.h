// Span: a piece of work with a beginning, an end and a place in a trace.
//
//   telemetry::Span span = telemetry::Span::Begin(SpanKind::kClient, "FindByEmail");
//   span.Set("db.system.name", "postgresql");
//   …
//   span.End(status.code());
//
// Whether there is one. Nothing is recorded unless this process exports spans (span_queue.h) and
// the trace is sampled; then a Span is empty and every method returns at once: some nanoseconds.
//
// Where it belongs. The task that serves a call has the call's span as its Local (lib/async): a
// span begun in the task, or in work that it gave to a pool, becomes its child. Work that no call
// asked for has none, and begins none this way.
//
// What goes in. Names and keys are constants of ours or names of registered methods. Values are
// such names too, codes, addresses of our own dependencies: never anything of a request or a
// person — no user, token, address of a person, SQL text or Redis key (docs/tracing.md).
//
// States: empty, or begun → ended (by End, or by the destructor as cancelled). Ending hands it to
// the queue and never blocks. Movable; used by one thread at a time.
#pragma once

#include <chrono>
#include <cstdint>
#include <memory>
#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/status.h"
#include "lib/async/local.h"
#include "lib/telemetry/trace.h"

namespace tokenforge::telemetry {

// The numbers are those of OTLP.
enum class SpanKind : std::uint8_t { kInternal = 1, kServer = 2, kClient = 3 };

struct SpanAttribute {
  std::string_view key;  // a literal
  std::variant<std::string, std::int64_t> value;
};

// What is exported of one span.
struct SpanRecord {
  TraceContext context;  // without baggage and request id
  bool parent_is_remote = false;
  SpanKind kind = SpanKind::kInternal;
  std::string name;
  std::chrono::system_clock::time_point start;
  std::chrono::nanoseconds duration{0};
  bool failed = false;
  std::vector<SpanAttribute> attributes;
};

class Span {
 public:
  Span() = default;
  // A child of the current task's span.
  static Span Begin(SpanKind kind, std::string_view name);
  // The span that `itself` names; it began at `start`.
  static Span Begin(SpanKind kind, std::string_view name, const TraceContext& itself,
                    std::chrono::steady_clock::time_point start = std::chrono::steady_clock::now());
  ~Span();
  Span(Span&&) noexcept;
  Span& operator=(Span&&) noexcept;

  explicit operator bool() const { return record_ != nullptr; }

  void Rename(std::string_view name);
  void Set(std::string_view key, std::string_view value);
  void Set(std::string_view key, std::int64_t value);

  // For tasks that work below this span: async::LocalScope scope(span.AsLocal()). Null if empty.
  async::Local AsLocal() const;

  // `failed`: whether it counts as an error; then `error.type` is the code's name.
  void End(absl::StatusCode code, bool failed);
  // The same for a client, to which every code but OK is an error.
  void End(absl::StatusCode code) { End(code, code != absl::StatusCode::kOk); }

 private:
  std::unique_ptr<SpanRecord> record_;
  std::chrono::steady_clock::time_point start_;
};

// Whether a server has failed that answers with this code, or only its caller (OpenTelemetry's
// conventions for gRPC).
bool IsServerFault(absl::StatusCode code);

}  // namespace tokenforge::telemetry
