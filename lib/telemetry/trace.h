// Which call a call belongs to: W3C Trace Context (Recommendation, 2021), W3C Baggage and
// x-request-id.
//
// A server makes its context from the caller's headers with TraceHeaders, hands it on with every
// outgoing call, and writes its ids into each log line. Headers are hostile input: a
// bad one never fails a call, it is dropped and a new trace starts (W3C: "MUST ignore"). What of a
// trace is recorded and exported is for sampling.h and span.h.
//
// Values without hidden state, safe to copy between threads. Ids come from a per-thread generator
// seeded by the kernel: unique, but not secret and never to be used as a credential.
#pragma once

#include <array>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace tokenforge::telemetry {

using TraceId = std::array<std::uint8_t, 16>;
using SpanId = std::array<std::uint8_t, 8>;

// Header names, as gRPC metadata and HTTP/2 write them.
inline constexpr std::string_view kTraceparent = "traceparent";
inline constexpr std::string_view kTracestate = "tracestate";
inline constexpr std::string_view kBaggage = "baggage";
inline constexpr std::string_view kRequestId = "x-request-id";

// One span of a trace.
struct TraceContext {
  static constexpr std::uint8_t kSampled = 0x01;
  static constexpr std::uint8_t kRandom = 0x02;  // the trace id is random (Trace Context Level 2)

  TraceId trace_id{};
  SpanId span_id{};
  SpanId parent_span_id{};  // all zero at the root of a trace
  std::uint8_t flags = 0;
  std::string tracestate;  // valid, at most 512 characters and 32 members; may be empty
  std::string baggage;     // valid, at most 8192 bytes and 64 members; may be empty
  std::string request_id;  // always [A-Za-z0-9._-]{1,128}

  // A new trace with a new request id, recorded or not as sampling.h decides.
  static TraceContext New();

  // The span of something that this span asked for: the same trace, a new span id.
  TraceContext Child() const;

  // Lower-case hexadecimal: 32 and 16 characters.
  std::string TraceIdHex() const;
  std::string SpanIdHex() const;

  // The value of the traceparent header (version 00) that names this span as the parent.
  std::string Traceparent() const;

  // What an outgoing call of this span carries: name and value of each header that is not empty.
  std::vector<std::pair<std::string, std::string>> Headers() const;
};

// Gathers the headers of one incoming call. Holds views: the values must live until Extract()
// returns.
class TraceHeaders {
 public:
  // Takes a header if it is one of ours. Names are lower-case, as in HTTP/2. Repeated tracestate
  // and baggage headers are joined in order; a repeated traceparent or x-request-id is a bad one.
  void Add(std::string_view name, std::string_view value);

  // The span of the server that received the call: a child of the caller's span when traceparent
  // was good, else the root of a new trace, recorded or not as sampling.h decides. Never fails.
  TraceContext Extract() const;
  // The span that traceparent itself names: what a guard that stands before us made of the
  // caller's. Without a good one as Extract().
  TraceContext Named() const;

 private:
  struct Single {
    std::string_view value;
    int count = 0;
  };
  Single traceparent_;
  Single request_id_;
  std::string tracestate_;
  std::string baggage_;
};

// The fields of a good traceparent, or nothing. Version ff, all-zero ids, upper-case digits and a
// version 00 of any length but 55 are refused; versions 01 to fe may carry more after a further
// dash.
struct Traceparent {
  TraceId trace_id{};
  SpanId parent_id{};
  std::uint8_t flags = 0;
};
std::optional<Traceparent> ParseTraceparent(std::string_view value);

// A combined tracestate, checked and without blank members; nothing when it breaks the grammar,
// repeats a key or has more than 32 members. Beyond 512 characters members are left out as the
// specification says: first those longer than 128, then from the right.
std::optional<std::string> NormalizeTracestate(std::string_view combined);

// A combined baggage (W3C Baggage, section 3.3): its well-formed members in order, without blanks,
// up to 64 members and 8192 bytes in all. Never a part of a member.
std::string NormalizeBaggage(std::string_view combined);

bool IsRequestId(std::string_view value);
std::string NewRequestId();

}  // namespace tokenforge::telemetry
