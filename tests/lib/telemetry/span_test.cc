#include "lib/telemetry/span.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <thread>
#include <utility>

#include "lib/telemetry/current_span.h"
#include "lib/telemetry/span_queue.h"

namespace tokenforge::telemetry {
namespace {

using std::chrono::milliseconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;

TraceContext Sampled() {
  TraceContext context = TraceContext::New();
  context.flags |= TraceContext::kSampled;
  return context;
}

std::string TextOf(const SpanRecord& span, std::string_view key) {
  for (const SpanAttribute& attribute : span.attributes) {
    if (attribute.key == key) return std::get<std::string>(attribute.value);
  }
  return "none";
}

class Spans : public ::testing::Test {
 protected:
  Spans() { EXPECT_TRUE(SpansOfProcess().Open(16, 16)); }
  ~Spans() override { Taken(); }
  // Everything that has ended; nothing is recorded afterwards.
  SpanQueue::Batch Taken() {
    SpansOfProcess().Close();
    return SpansOfProcess().Take(milliseconds(0));
  }
};

TEST(SpanOff, NothingIsBegunWhileNobodyExports) {
  const TraceContext context = Sampled();
  EXPECT_FALSE(Span::Begin(SpanKind::kServer, "a", context));
  const async::LocalScope scope(std::make_shared<const TraceContext>(context));
  EXPECT_FALSE(Span::Begin(SpanKind::kClient, "b"));
}

TEST_F(Spans, OfATraceThatIsNotSampledDoNotBegin) {
  TraceContext context = Sampled();
  context.flags &= static_cast<std::uint8_t>(~TraceContext::kSampled);
  Span span = Span::Begin(SpanKind::kServer, "a", context);
  EXPECT_FALSE(span);
  EXPECT_EQ(span.AsLocal(), nullptr);
  span.Set("key", "value");
  span.End(absl::StatusCode::kOk);
  EXPECT_THAT(Taken(), IsEmpty());
}

TEST_F(Spans, BelowNoCallDoNotBegin) { EXPECT_FALSE(Span::Begin(SpanKind::kClient, "a")); }

TEST_F(Spans, BecomeChildrenOfTheTasksSpan) {
  TraceContext context = Sampled();
  context.tracestate = "vendor=1";
  context.parent_span_id = {1};
  Span server = Span::Begin(SpanKind::kServer, "outer", context);
  {
    const async::LocalScope scope(server.AsLocal());
    Span client = Span::Begin(SpanKind::kClient, "inner");
    client.End(absl::StatusCode::kOk);
  }
  server.End(absl::StatusCode::kOk);
  const SpanQueue::Batch taken = Taken();
  ASSERT_THAT(taken, SizeIs(2));
  const SpanRecord &inner = *taken[0], &outer = *taken[1];
  EXPECT_EQ(outer.context.span_id, context.span_id);
  EXPECT_TRUE(outer.parent_is_remote);
  EXPECT_EQ(inner.context.trace_id, context.trace_id);
  EXPECT_EQ(inner.context.parent_span_id, context.span_id);
  EXPECT_NE(inner.context.span_id, context.span_id);
  EXPECT_EQ(inner.context.tracestate, "vendor=1");
  EXPECT_FALSE(inner.parent_is_remote);
  EXPECT_GE(inner.start, outer.start);
  EXPECT_LE(inner.duration, outer.duration);
}

TEST_F(Spans, AreTheirTasksOwn) {
  const TraceContext context = Sampled();
  EXPECT_FALSE(IsCurrentSpan(context));
  const Span span = Span::Begin(SpanKind::kServer, "a", context);
  const async::LocalScope scope(span.AsLocal());
  EXPECT_TRUE(IsCurrentSpan(context));
  EXPECT_FALSE(IsCurrentSpan(context.Child()));
}

TEST_F(Spans, CarryNeitherBaggageNorRequestId) {
  TraceContext context = Sampled();
  context.baggage = "user=ada";
  Span::Begin(SpanKind::kServer, "a", context).End(absl::StatusCode::kOk);
  const SpanQueue::Batch taken = Taken();
  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_EQ(taken[0]->context.baggage, "");
  EXPECT_EQ(taken[0]->context.request_id, "");
}

TEST_F(Spans, SayWhichErrorItWas) {
  Span::Begin(SpanKind::kClient, "a", Sampled()).End(absl::StatusCode::kUnavailable);
  Span::Begin(SpanKind::kClient, "b", Sampled()).End(absl::StatusCode::kOk);
  Span::Begin(SpanKind::kServer, "c", Sampled()).End(absl::StatusCode::kNotFound, false);
  const SpanQueue::Batch taken = Taken();
  ASSERT_THAT(taken, SizeIs(3));
  EXPECT_TRUE(taken[0]->failed);
  EXPECT_EQ(TextOf(*taken[0], "error.type"), "UNAVAILABLE");
  EXPECT_FALSE(taken[1]->failed);
  EXPECT_EQ(TextOf(*taken[1], "error.type"), "none");
  EXPECT_FALSE(taken[2]->failed) << "its caller's fault";
}

TEST_F(Spans, HaveEachKeyOnceWithItsLastValue) {
  Span span = Span::Begin(SpanKind::kClient, "a", Sampled());
  span.Set("server.address", "first");
  span.Set("server.port", 1);
  span.Set("server.address", "second");
  span.End(absl::StatusCode::kOk);
  const SpanQueue::Batch taken = Taken();
  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_THAT(taken[0]->attributes, SizeIs(2));
  EXPECT_EQ(TextOf(*taken[0], "server.address"), "second");
}

TEST_F(Spans, ThatNobodyEndsAreEndedAsCancelled) {
  {
    const Span span = Span::Begin(SpanKind::kClient, "a", Sampled());
  }
  const SpanQueue::Batch taken = Taken();
  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_EQ(TextOf(*taken[0], "error.type"), "CANCELLED");
}

TEST_F(Spans, EndOnceHoweverTheyWereMoved) {
  Span span = Span::Begin(SpanKind::kClient, "a", Sampled());
  Span moved = std::move(span);
  span = std::move(moved);
  span.End(absl::StatusCode::kOk);
  span.End(absl::StatusCode::kInternal);
  EXPECT_THAT(Taken(), SizeIs(1));
}

TEST_F(Spans, ThatBeganEarlierSaySo) {
  const auto began = std::chrono::steady_clock::now() - milliseconds(250);
  const auto before = std::chrono::system_clock::now();
  Span::Begin(SpanKind::kServer, "a", Sampled(), began).End(absl::StatusCode::kOk);
  const SpanQueue::Batch taken = Taken();
  ASSERT_THAT(taken, SizeIs(1));
  EXPECT_GE(taken[0]->duration, milliseconds(250));
  EXPECT_LT(taken[0]->start, before);
}

TEST(IsServerFault, CountsWhatTheServerHasToLookAfter) {
  EXPECT_TRUE(IsServerFault(absl::StatusCode::kInternal));
  EXPECT_TRUE(IsServerFault(absl::StatusCode::kUnavailable));
  EXPECT_FALSE(IsServerFault(absl::StatusCode::kUnauthenticated));
  EXPECT_FALSE(IsServerFault(absl::StatusCode::kResourceExhausted));
  EXPECT_FALSE(IsServerFault(absl::StatusCode::kOk));
}

}  // namespace
}  // namespace tokenforge::telemetry
