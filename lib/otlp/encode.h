// Spans as OTLP has them (proto/tokenforge/otlp).
//
// Pure; thread-safe.
#pragma once

#include <string>

#include "lib/telemetry/span_queue.h"

namespace tokenforge::otlp::v1 {
class ExportRequest;
class Resource;
}  // namespace tokenforge::otlp::v1

namespace tokenforge::otlp {

// What a process says of itself.
struct Origin {
  std::string service;   // "tokenforge-auth"
  std::string version;   // of the service; may be empty
  std::string instance;  // different for each process
};

// service.name, service.version, service.instance.id, process.pid and the three of telemetry.sdk.
void Describe(const Origin& origin, v1::Resource* resource);

// Sets the spans of the request; what it says of their origin stays.
void Encode(const telemetry::SpanQueue::Batch& spans, v1::ExportRequest* request);

}  // namespace tokenforge::otlp
