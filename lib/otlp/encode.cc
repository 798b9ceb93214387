#include "lib/otlp/encode.h"

#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <variant>

#include "tokenforge/otlp/v1/trace.pb.h"

namespace tokenforge::otlp {
namespace {

using telemetry::SpanRecord;

// The conventions whose names our spans use; rpc.* and db.* are stable there.
constexpr std::string_view kSchema = "https://opentelemetry.io/schemas/1.40.0";
constexpr std::uint32_t kParentKnown = 0x100;
constexpr std::uint32_t kParentRemote = 0x200;

template <class Owner>
void Add(Owner* owner, std::string_view key, std::string_view value) {
  v1::KeyValue* const attribute = owner->add_attributes();
  attribute->set_key(key.data(), key.size());
  attribute->mutable_value()->set_string_value(value.data(), value.size());
}

template <class Owner>
void Add(Owner* owner, std::string_view key, std::int64_t value) {
  v1::KeyValue* const attribute = owner->add_attributes();
  attribute->set_key(key.data(), key.size());
  attribute->mutable_value()->set_int_value(value);
}

std::uint64_t Nanos(std::chrono::nanoseconds since_epoch) {
  return static_cast<std::uint64_t>(std::max(std::chrono::nanoseconds(0), since_epoch).count());
}

void EncodeOne(const SpanRecord& span, v1::Span* to) {
  const telemetry::TraceContext& context = span.context;
  to->set_trace_id(context.trace_id.data(), context.trace_id.size());
  to->set_span_id(context.span_id.data(), context.span_id.size());
  if (context.parent_span_id != telemetry::SpanId{}) {
    to->set_parent_span_id(context.parent_span_id.data(), context.parent_span_id.size());
  }
  to->set_trace_state(context.tracestate);
  to->set_flags(context.flags | kParentKnown | (span.parent_is_remote ? kParentRemote : 0));
  to->set_name(span.name);
  to->set_kind(static_cast<v1::Span::Kind>(span.kind));
  const auto start = std::chrono::nanoseconds(span.start.time_since_epoch());
  to->set_start_time_unix_nano(Nanos(start));
  to->set_end_time_unix_nano(Nanos(start + span.duration));
  for (const telemetry::SpanAttribute& attribute : span.attributes) {
    std::visit([&](const auto& value) { Add(to, attribute.key, value); }, attribute.value);
  }
  if (span.failed) to->mutable_status()->set_code(v1::Status::CODE_ERROR);
}

}  // namespace

void Describe(const Origin& origin, v1::Resource* resource) {
  Add(resource, "service.name", origin.service);
  if (!origin.version.empty()) Add(resource, "service.version", origin.version);
  Add(resource, "service.instance.id", origin.instance);
  Add(resource, "process.pid", static_cast<std::int64_t>(getpid()));
  Add(resource, "telemetry.sdk.name", std::string_view("tokenforge"));
  Add(resource, "telemetry.sdk.language", std::string_view("cpp"));
  Add(resource, "telemetry.sdk.version", std::string_view(TOKENFORGE_VERSION));
}

void Encode(const telemetry::SpanQueue::Batch& spans, v1::ExportRequest* request) {
  if (request->resource_spans().empty()) request->add_resource_spans();
  v1::ResourceSpans* const of_process = request->mutable_resource_spans(0);
  of_process->set_schema_url(kSchema.data(), kSchema.size());
  of_process->clear_scope_spans();
  v1::ScopeSpans* const of_library = of_process->add_scope_spans();
  of_library->mutable_scope()->set_name("tokenforge");
  of_library->mutable_scope()->set_version(TOKENFORGE_VERSION);
  of_library->set_schema_url(kSchema.data(), kSchema.size());
  for (const auto& span : spans) EncodeOne(*span, of_library->add_spans());
}

}  // namespace tokenforge::otlp
