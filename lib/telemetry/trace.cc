#include "lib/telemetry/trace.h"

#include <algorithm>
#include <utility>

#include "lib/telemetry/random.h"
#include "lib/telemetry/sampling.h"

namespace tokenforge::telemetry {
namespace {

constexpr std::size_t kMaxRaw = 16384;  // of one header's values together: more is not parsed

void Join(std::string_view value, std::string* to) {
  // One byte beyond the limit is kept, so that Extract() sees that there was too much.
  const std::size_t room = kMaxRaw + 1 - std::min(kMaxRaw + 1, to->size());
  if (!to->empty() && room > 0) to->push_back(',');
  to->append(value.substr(0, room));
}

// Blanks around a field's value are no part of it (RFC 9110, section 5.5); gRPC leaves them there.
std::string_view WithoutBlanks(std::string_view value) {
  const std::size_t first = value.find_first_not_of(" \t");
  if (first == std::string_view::npos) return {};
  return value.substr(first, value.find_last_not_of(" \t") - first + 1);
}

// Of a trace that begins here.
std::uint8_t RootFlags(const TraceId& trace_id) {
  return TraceContext::kRandom | (SamplesRoot(trace_id) ? TraceContext::kSampled : 0);
}

}  // namespace

TraceContext TraceContext::New() {
  TraceContext context;
  FillRandomId(context.trace_id);
  FillRandomId(context.span_id);
  context.flags = RootFlags(context.trace_id);
  context.request_id = NewRequestId();
  return context;
}

TraceContext TraceContext::Child() const {
  TraceContext child = *this;
  child.parent_span_id = span_id;
  FillRandomId(child.span_id);
  return child;
}

std::string TraceContext::TraceIdHex() const {
  std::string hex;
  hex.reserve(2 * trace_id.size());
  AppendHex(trace_id, &hex);
  return hex;
}

std::string TraceContext::SpanIdHex() const {
  std::string hex;
  AppendHex(span_id, &hex);
  return hex;
}

std::string TraceContext::Traceparent() const {
  std::string value = "00-";
  value.reserve(55);
  AppendHex(trace_id, &value);
  value.push_back('-');
  AppendHex(span_id, &value);
  value.push_back('-');
  AppendHex(std::span(&flags, 1), &value);
  return value;
}

std::vector<std::pair<std::string, std::string>> TraceContext::Headers() const {
  std::vector<std::pair<std::string, std::string>> headers;
  headers.reserve(4);
  headers.emplace_back(kTraceparent, Traceparent());
  if (!tracestate.empty()) headers.emplace_back(kTracestate, tracestate);
  if (!baggage.empty()) headers.emplace_back(kBaggage, baggage);
  if (!request_id.empty()) headers.emplace_back(kRequestId, request_id);
  return headers;
}

void TraceHeaders::Add(std::string_view name, std::string_view value) {
  if (name == kTraceparent) {
    traceparent_ = {value, traceparent_.count + 1};
  } else if (name == kTracestate) {
    Join(value, &tracestate_);
  } else if (name == kBaggage) {
    Join(value, &baggage_);
  } else if (name == kRequestId) {
    request_id_ = {value, request_id_.count + 1};
  }
}

TraceContext TraceHeaders::Extract() const {
  TraceContext context;
  std::optional<Traceparent> parent;
  if (traceparent_.count == 1) parent = ParseTraceparent(WithoutBlanks(traceparent_.value));
  if (parent.has_value()) {
    context.trace_id = parent->trace_id;
    context.parent_span_id = parent->parent_id;
    context.flags = parent->flags;
    // Without a good traceparent the tracestate must not even be read (W3C Trace Context,
    // section 3.3).
    if (tracestate_.size() <= kMaxRaw) {
      context.tracestate = NormalizeTracestate(tracestate_).value_or("");
    }
  } else {
    FillRandomId(context.trace_id);
    context.flags = RootFlags(context.trace_id);
  }
  FillRandomId(context.span_id);
  if (baggage_.size() <= kMaxRaw) context.baggage = NormalizeBaggage(baggage_);
  const bool good_request_id = request_id_.count == 1 && IsRequestId(request_id_.value);
  context.request_id = good_request_id ? std::string(request_id_.value) : NewRequestId();
  return context;
}

TraceContext TraceHeaders::Named() const {
  TraceContext context = Extract();
  if (context.parent_span_id != SpanId{}) {
    context.span_id = std::exchange(context.parent_span_id, SpanId{});
  }
  return context;
}

}  // namespace tokenforge::telemetry
