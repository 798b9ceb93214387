#include "lib/telemetry/call.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>

#include <vector>

#include "lib/telemetry/log.h"
#include "lib/telemetry/metrics.h"

namespace tokenforge::telemetry {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

class CallTest : public testing::Test {
 protected:
  CallTest() {
    SetLogSink([this](Level, std::string_view line) { lines_.emplace_back(line); });
  }
  ~CallTest() override { SetLogSink(nullptr); }
  std::vector<std::string> lines_;
};

TEST_F(CallTest, WritesOneLineWithTheContractsFields) {
  const TraceContext trace = TraceContext::New();
  RecordServerCall(ServerMethod::Of("/test.v1.Notes/Create"),
                   {.trace = &trace,
                    .code = absl::StatusCode::kUnauthenticated,
                    .reason = "TOKEN_EXPIRED",
                    .duration = std::chrono::microseconds(1500),
                    .peer = "spiffe://tokenforge.test/app",
                    .sub = "4d9b"});
  ASSERT_THAT(lines_, SizeIs(1));
  rapidjson::Document line;
  line.Parse(lines_[0].c_str());
  ASSERT_TRUE(line.IsObject());
  EXPECT_STREQ(line["level"].GetString(), "info");
  EXPECT_EQ(line["trace_id"].GetString(), trace.TraceIdHex());
  EXPECT_EQ(line["request_id"].GetString(), trace.request_id);
  EXPECT_STREQ(line["method"].GetString(), "test.v1.Notes/Create");
  EXPECT_STREQ(line["code"].GetString(), "UNAUTHENTICATED");
  EXPECT_STREQ(line["reason"].GetString(), "TOKEN_EXPIRED");
  EXPECT_DOUBLE_EQ(line["duration_ms"].GetDouble(), 1.5);
  EXPECT_STREQ(line["peer"].GetString(), "spiffe://tokenforge.test/app");
  EXPECT_STREQ(line["sub"].GetString(), "4d9b");
}

TEST_F(CallTest, CountsACallInTheContractsHistogram) {
  RecordServerCall(ServerMethod::Of("test.v1.Notes/Count"),
                   {.code = absl::StatusCode::kOk, .duration = std::chrono::milliseconds(60)});
  const std::string text = ExposeText();
  const std::string labels = "{rpc_method=\"test.v1.Notes/Count\",rpc_response_status_code=\"OK\"";
  EXPECT_THAT(text, HasSubstr("rpc_server_call_duration_seconds_count" + labels + "} 1\n"));
  for (const char* bound : {"0.005", "0.01", "0.025", "0.05"}) {
    EXPECT_THAT(text, HasSubstr("seconds_bucket" + labels + ",le=\"" + bound + "\"} 0\n"));
  }
  for (const char* bound :
       {"0.075", "0.1", "0.25", "0.5", "0.75", "1", "2.5", "5", "7.5", "10", "+Inf"}) {
    EXPECT_THAT(text, HasSubstr("seconds_bucket" + labels + ",le=\"" + bound + "\"} 1\n"));
  }
  EXPECT_THAT(text, Not(HasSubstr("rpc_method=\"test.v1.Notes/Count\","
                                  "rpc_response_status_code=\"CANCELLED\"")));
}

TEST_F(CallTest, AFaultOfOursIsAnErrorAndAFaultOfADependencyAWarning) {
  const ServerMethod method = ServerMethod::Of("test.v1.Notes/Levels");
  RecordServerCall(method, {.code = absl::StatusCode::kInternal});
  RecordServerCall(method, {.code = absl::StatusCode::kUnavailable});
  RecordServerCall(method, {.code = absl::StatusCode::kInvalidArgument});
  ASSERT_THAT(lines_, SizeIs(3));
  EXPECT_THAT(lines_[0], HasSubstr("\"level\":\"error\""));
  EXPECT_THAT(lines_[1], HasSubstr("\"level\":\"warning\""));
  EXPECT_THAT(lines_[2], HasSubstr("\"level\":\"info\""));
}

TEST_F(CallTest, ClientCallsAreCountedAndNotLogged) {
  RecordClientCall(ClientMethod::Of("test.v1.Keys/Sign"), absl::StatusCode::kDeadlineExceeded,
                   std::chrono::seconds(1));
  EXPECT_THAT(ExposeText(),
              HasSubstr("rpc_client_call_duration_seconds_count{rpc_method=\"test.v1.Keys/Sign\","
                        "rpc_response_status_code=\"DEADLINE_EXCEEDED\"} 1\n"));
  EXPECT_THAT(lines_, SizeIs(0));
}

TEST_F(CallTest, RunningCallsAreNamedWhileTheyLast) {
  const std::string before = RunningCalls();
  {
    ActiveCall first, second, third;
    ActiveCall nameless;
    first.IsOf(ServerMethod::Of("a.v1.S/Stream"));
    second.IsOf(ServerMethod::Of("/a.v1.S/Stream"));
    third.IsOf(ServerMethod::Of("a.v1.S/Get"));
    third.IsOf(ServerMethod::Of("a.v1.S/Stream"));  // a call has one method
    EXPECT_EQ(RunningCalls(), before + "a.v1.S/Get 1, a.v1.S/Stream 2");
  }
  EXPECT_EQ(RunningCalls(), before);
}

TEST_F(CallTest, ActiveCallsAreCountedWhileTheyLast) {
  {
    const ActiveCall first;
    const ActiveCall second;
    EXPECT_THAT(ExposeText(), HasSubstr("\nrpc_server_active_requests 2\n"));
  }
  EXPECT_THAT(ExposeText(), HasSubstr("\nrpc_server_active_requests 0\n"));
}

TEST_F(CallTest, ANumberThatIsNoCodeIsUnknown) {
  EXPECT_EQ(CodeName(absl::StatusCode::kOk), "OK");
  EXPECT_EQ(CodeName(absl::StatusCode::kUnauthenticated), "UNAUTHENTICATED");
  EXPECT_EQ(CodeName(static_cast<absl::StatusCode>(99)), "UNKNOWN");
  EXPECT_EQ(CodeName(static_cast<absl::StatusCode>(-1)), "UNKNOWN");
}

// The last of this file: it fills the table of client methods.
TEST_F(CallTest, InventedMethodsEndInOther) {
  for (int i = 0; i < 600; ++i) ClientMethod::Of("test.v1.Flood/M" + std::to_string(i));
  EXPECT_EQ(ClientMethod::Of("test.v1.Flood/One").name(), "_OTHER");
  EXPECT_EQ(ClientMethod::Of("test.v1.Flood/M0").name(), "test.v1.Flood/M0");
  EXPECT_EQ(ServerMethod::Other().name(), "_OTHER");
}

}  // namespace
}  // namespace tokenforge::telemetry
