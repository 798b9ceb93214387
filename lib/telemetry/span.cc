#include "lib/telemetry/span.h"

#include <utility>

#include "lib/telemetry/call.h"
#include "lib/telemetry/current_span.h"
#include "lib/telemetry/random.h"
#include "lib/telemetry/span_queue.h"

namespace tokenforge::telemetry {
namespace {

using std::chrono::steady_clock;
using std::chrono::system_clock;

// Nobody else puts anything there.
const TraceContext* CurrentContext() {
  return static_cast<const TraceContext*>(async::CurrentLocal().get());
}

// What of a context an exported span needs.
TraceContext Place(const TraceContext& context) {
  TraceContext place;
  place.trace_id = context.trace_id;
  place.span_id = context.span_id;
  place.parent_span_id = context.parent_span_id;
  place.flags = context.flags;
  place.tracestate = context.tracestate;
  return place;
}

// A key stands there once.
void Put(SpanRecord& record, SpanAttribute attribute) {
  for (SpanAttribute& known : record.attributes) {
    if (known.key == attribute.key) {
      known = std::move(attribute);
      return;
    }
  }
  record.attributes.push_back(std::move(attribute));
}

}  // namespace

Span Span::Begin(SpanKind kind, std::string_view name) {
  if (!SpansOfProcess().taking()) return {};
  const TraceContext* const parent = CurrentContext();
  if (parent == nullptr) return {};
  return Begin(kind, name, parent->Child());
}

Span Span::Begin(SpanKind kind, std::string_view name, const TraceContext& itself,
                 steady_clock::time_point start) {
  Span span;
  if (!SpansOfProcess().taking() || (itself.flags & TraceContext::kSampled) == 0) return span;
  span.record_ = std::make_unique<SpanRecord>();
  SpanRecord& record = *span.record_;
  record.context = Place(itself);
  record.parent_is_remote = kind == SpanKind::kServer && itself.parent_span_id != SpanId{};
  record.kind = kind;
  record.name = name;
  // One look at the wall clock: what it does meanwhile does not change how long a span took.
  record.start = system_clock::now() -
                 std::chrono::duration_cast<system_clock::duration>(steady_clock::now() - start);
  span.start_ = start;
  return span;
}

Span::Span(Span&&) noexcept = default;

Span& Span::operator=(Span&& other) noexcept {
  if (this != &other) {
    End(absl::StatusCode::kCancelled);
    record_ = std::move(other.record_);
    start_ = other.start_;
  }
  return *this;
}

Span::~Span() { End(absl::StatusCode::kCancelled); }

void Span::Rename(std::string_view name) {
  if (record_) record_->name = name;
}

void Span::Set(std::string_view key, std::string_view value) {
  if (record_) Put(*record_, {key, std::string(value)});
}

void Span::Set(std::string_view key, std::int64_t value) {
  if (record_) Put(*record_, {key, value});
}

async::Local Span::AsLocal() const {
  if (!record_) return nullptr;
  return std::make_shared<const TraceContext>(record_->context);
}

void Span::End(absl::StatusCode code, bool failed) {
  if (!record_) return;
  std::unique_ptr<SpanRecord> record = std::move(record_);
  record->duration = steady_clock::now() - start_;
  record->failed = failed;
  if (failed) record->attributes.push_back({"error.type", std::string(CodeName(code))});
  SpansOfProcess().Put(std::move(record));
}

bool IsCurrentSpan(const TraceContext& context) {
  const TraceContext* const current = CurrentContext();
  return current != nullptr && current->span_id == context.span_id &&
         current->trace_id == context.trace_id;
}

bool IsServerFault(absl::StatusCode code) {
  switch (code) {
    case absl::StatusCode::kUnknown:
    case absl::StatusCode::kDeadlineExceeded:
    case absl::StatusCode::kUnimplemented:
    case absl::StatusCode::kInternal:
    case absl::StatusCode::kUnavailable:
    case absl::StatusCode::kDataLoss:
      return true;
    default:
      return false;
  }
}

}  // namespace tokenforge::telemetry
