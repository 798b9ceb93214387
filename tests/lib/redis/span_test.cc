// The spans of commands, against a real server.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "lib/redis/client.h"
#include "lib/telemetry/span_queue.h"
#include "tests/lib/redis/ask.h"
#include "tests/lib/redis/redis_server.h"

namespace tokenforge::redis {
namespace {

using fakes::Ask;
using fakes::Finish;
using fakes::In;
using fakes::OptionsFor;
using std::chrono::milliseconds;
using std::chrono::seconds;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;

using Attributes = std::map<std::string, std::string>;

Attributes AttributesOf(const telemetry::SpanRecord& span) {
  Attributes attributes;
  for (const telemetry::SpanAttribute& one : span.attributes) {
    const auto* const text = std::get_if<std::string>(&one.value);
    attributes[std::string(one.key)] =
        text != nullptr ? *text : std::to_string(std::get<std::int64_t>(one.value));
  }
  return attributes;
}

class RedisSpans : public ::testing::Test {
 protected:
  RedisSpans() : client_(Open(OptionsFor(server_.address()))) {
    EXPECT_TRUE(telemetry::SpansOfProcess().Open(64, 64));
    context_.flags |= telemetry::TraceContext::kSampled;
  }
  ~RedisSpans() override { Taken(); }
  async::Local OfACall() { return std::make_shared<const telemetry::TraceContext>(context_); }
  static telemetry::SpanQueue::Batch Taken() {
    telemetry::SpansOfProcess().Close();
    return telemetry::SpansOfProcess().Take(milliseconds(0));
  }

  fakes::RedisServer server_;
  std::unique_ptr<Client> client_;
  telemetry::TraceContext context_ = telemetry::TraceContext::New();
};

TEST_F(RedisSpans, NameTheCommandAndTheServerAndNothingElse) {
  {
    const async::LocalScope scope(OfACall());
    ASSERT_TRUE(Ask(*client_, {"SET", "marked-key", "marked-value"}).ok());
  }
  const auto taken = Taken();
  ASSERT_THAT(taken, SizeIs(1));
  const telemetry::SpanRecord& span = *taken[0];
  EXPECT_EQ(span.name, "SET");
  EXPECT_EQ(span.kind, telemetry::SpanKind::kClient);
  EXPECT_EQ(span.context.trace_id, context_.trace_id);
  EXPECT_EQ(span.context.parent_span_id, context_.span_id);
  EXPECT_FALSE(span.failed);
  Attributes attributes = AttributesOf(span);
  EXPECT_EQ(attributes["db.system.name"], "redis");
  EXPECT_EQ(attributes["db.operation.name"], "SET");
  EXPECT_NE(attributes["server.address"], "");
  for (const auto& [key, value] : attributes) EXPECT_THAT(value, Not(HasSubstr("marked")));
}

TEST_F(RedisSpans, CallScriptsByTheirName) {
  const Script script("rotate", "return ARGV[1]");
  const std::vector<std::string> keys = {"marked-key"}, arguments = {"marked-argument"};
  {
    const async::LocalScope scope(OfACall());
    ASSERT_TRUE(Finish(client_->CallScript(script, keys, arguments, In(seconds(20)))).ok());
  }
  const auto taken = Taken();
  ASSERT_THAT(taken, SizeIs(1)) << "once, though the server did not know the script at first";
  EXPECT_EQ(taken[0]->name, "EVALSHA rotate");
  Attributes attributes = AttributesOf(*taken[0]);
  EXPECT_EQ(attributes["db.operation.name"], "EVALSHA");
  EXPECT_EQ(attributes["db.stored_procedure.name"], "rotate");
  for (const auto& [key, value] : attributes) EXPECT_THAT(value, Not(HasSubstr("marked")));
}

TEST_F(RedisSpans, OfCommandsThatFailSaySo) {
  {
    const async::LocalScope scope(OfACall());
    ASSERT_TRUE(Ask(*client_, {"SET", "key", "value"}).ok());
    ASSERT_FALSE(Ask(*client_, {"LPUSH", "key", "value"}).ok()) << "the wrong type";
  }
  const auto taken = Taken();
  ASSERT_THAT(taken, SizeIs(2));
  EXPECT_TRUE(taken[1]->failed);
  EXPECT_EQ(AttributesOf(*taken[1])["error.type"], "INTERNAL");
}

TEST_F(RedisSpans, AreNotBegunForWorkThatNoCallAskedFor) {
  ASSERT_TRUE(Ask(*client_, {"PING"}).ok());
  EXPECT_THAT(Taken(), IsEmpty());
}

}  // namespace
}  // namespace tokenforge::redis
