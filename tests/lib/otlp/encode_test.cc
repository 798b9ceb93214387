#include "lib/otlp/encode.h"

#include <gtest/gtest.h>

#include "tests/lib/otlp/receiver.h"

namespace tokenforge::otlp {
namespace {

using testing::AttributeOf;
using testing::Hex;

telemetry::SpanQueue::Batch OneSpan() {
  auto span = std::make_unique<telemetry::SpanRecord>();
  const auto parent =
      telemetry::ParseTraceparent("00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-03");
  span->context.trace_id = parent->trace_id;
  span->context.span_id = {1, 2, 3, 4, 5, 6, 7, 8};
  span->context.parent_span_id = parent->parent_id;
  span->context.flags = parent->flags;
  span->context.tracestate = "vendor=1";
  span->parent_is_remote = true;
  span->kind = telemetry::SpanKind::kServer;
  span->name = "a.B/C";
  span->start = std::chrono::system_clock::time_point(std::chrono::seconds(1'700'000'000));
  span->duration = std::chrono::nanoseconds(1'234'567);
  span->attributes.push_back({"rpc.method", "a.B/C"});
  span->attributes.push_back({"server.port", std::int64_t{7443}});
  telemetry::SpanQueue::Batch batch;
  batch.push_back(std::move(span));
  return batch;
}

v1::Span Encoded(const telemetry::SpanQueue::Batch& batch) {
  v1::ExportRequest request;
  Encode(batch, &request);
  return request.resource_spans(0).scope_spans(0).spans(0);
}

TEST(Encode, KeepsEverythingOfASpan) {
  const v1::Span span = Encoded(OneSpan());
  EXPECT_EQ(Hex(span.trace_id()), "4bf92f3577b34da6a3ce929d0e0e4736");
  EXPECT_EQ(Hex(span.span_id()), "0102030405060708");
  EXPECT_EQ(Hex(span.parent_span_id()), "00f067aa0ba902b7");
  EXPECT_EQ(span.trace_state(), "vendor=1");
  EXPECT_EQ(span.flags(), 0x303u) << "sampled, random, parent known to be remote";
  EXPECT_EQ(span.kind(), v1::Span::KIND_SERVER);
  EXPECT_EQ(span.start_time_unix_nano(), 1'700'000'000'000'000'000u);
  EXPECT_EQ(span.end_time_unix_nano(), 1'700'000'000'001'234'567u);
  EXPECT_EQ(AttributeOf(span, "rpc.method"), "a.B/C");
  EXPECT_EQ(AttributeOf(span, "server.port"), "7443");
  EXPECT_FALSE(span.has_status());
}

TEST(Encode, ARootHasNoParentAndAnErrorSaysSo) {
  auto batch = OneSpan();
  batch[0]->context.parent_span_id = {};
  batch[0]->parent_is_remote = false;
  batch[0]->failed = true;
  const v1::Span span = Encoded(batch);
  EXPECT_EQ(span.parent_span_id(), "") << "not eight zero bytes";
  EXPECT_EQ(span.flags(), 0x103u);
  EXPECT_EQ(span.status().code(), v1::Status::CODE_ERROR);
  EXPECT_EQ(span.status().message(), "");
}

TEST(Encode, ATimeBeforeTheEpochIsTheEpoch) {
  auto batch = OneSpan();
  batch[0]->start = std::chrono::system_clock::time_point(std::chrono::seconds(-5));
  EXPECT_EQ(Encoded(batch).start_time_unix_nano(), 0u);
}

TEST(Encode, SaysWhoSendsIt) {
  v1::ExportRequest request;
  Describe({"tokenforge-auth", "", "abc"}, request.add_resource_spans()->mutable_resource());
  Encode(OneSpan(), &request);
  Encode(OneSpan(), &request);
  ASSERT_EQ(request.resource_spans_size(), 1);
  EXPECT_EQ(request.resource_spans(0).scope_spans_size(), 1) << "the last ones only";
  std::map<std::string, std::string> said;
  for (const auto& one : request.resource_spans(0).resource().attributes()) {
    said[one.key()] = one.value().string_value();
  }
  EXPECT_EQ(said["service.name"], "tokenforge-auth");
  EXPECT_EQ(said["service.instance.id"], "abc");
  EXPECT_FALSE(said.contains("service.version")) << "not known";
}

}  // namespace
}  // namespace tokenforge::otlp
