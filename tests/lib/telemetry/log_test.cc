#include "lib/telemetry/log.h"

#include <fcntl.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidjson/document.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>
#include <thread>

namespace tokenforge::telemetry {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::MatchesRegex;
using ::testing::SizeIs;

// Gathers the lines of a test; ends what the test began.
class LogTest : public testing::Test {
 protected:
  LogTest() {
    char name[] = "/tmp/tf-log-XXXXXX";
    folder_ = mkdtemp(name);
  }
  ~LogTest() override {
    SetLogSink(nullptr);
    StopLogging();
    SetLogLevel(Level::kInfo);
    std::filesystem::remove_all(folder_);
  }

  void Capture() {
    SetLogSink([this](Level, std::string_view line) { lines_.emplace_back(line); });
  }
  std::string File() const { return folder_ / "log"; }
  std::vector<std::string> Written() const {
    std::ifstream file(File());
    std::vector<std::string> lines;
    for (std::string line; std::getline(file, line);) lines.push_back(line);
    return lines;
  }
  rapidjson::Document Only() const {
    EXPECT_THAT(lines_, SizeIs(1));
    rapidjson::Document document;
    document.Parse(lines_.at(0).c_str());
    EXPECT_FALSE(document.HasParseError()) << lines_.at(0);
    return document;
  }

  std::filesystem::path folder_;
  std::vector<std::string> lines_;
};

TEST_F(LogTest, WritesOneObjectWithTypedFieldsInOrder) {
  Capture();
  Log(Level::kInfo, "hello",
      {{"text", "a"},
       {"number", -7},
       {"large", ~std::uint64_t{0}},
       {"real", 1.5},
       {"truth", true}});
  ASSERT_THAT(lines_, SizeIs(1));
  EXPECT_THAT(lines_[0],
              MatchesRegex("\\{\"ts\":\"20[0-9-]{8}T[0-9:]{8}\\.[0-9]{6}Z\",\"level\":\"info\","
                           "\"msg\":\"hello\",\"text\":\"a\",\"number\":-7,"
                           "\"large\":18446744073709551615,\"real\":1.5,\"truth\":true\\}"));
}

TEST_F(LogTest, CarriesTheIdsOfTheCall) {
  Capture();
  const TraceContext trace = TraceContext::New();
  Log(Level::kWarning, "slow", trace, {{"ms", 3}});
  const rapidjson::Document line = Only();
  EXPECT_EQ(line["trace_id"].GetString(), trace.TraceIdHex());
  EXPECT_EQ(line["span_id"].GetString(), trace.SpanIdHex());
  EXPECT_EQ(line["request_id"].GetString(), trace.request_id);
  EXPECT_STREQ(line["level"].GetString(), "warning");
}

TEST_F(LogTest, NoInputCanForgeALine) {
  Capture();
  const std::string forged = "x\"}\n{\"level\":\"info\",\"msg\":\"admin logged in\x1b[1A\u202e";
  Log(Level::kInfo, forged, {{"name", forged}});
  const rapidjson::Document line = Only();
  EXPECT_EQ(lines_[0].find('\n'), std::string::npos);
  EXPECT_EQ(lines_[0].find('\x1b'), std::string::npos);
  EXPECT_EQ(lines_[0].find("\u202e"), std::string::npos);
  EXPECT_EQ(line["name"].GetString(), forged);
  EXPECT_EQ(line["msg"].GetString(), forged);
}

TEST_F(LogTest, LeavesOutLinesBelowItsLevel) {
  Capture();
  EXPECT_FALSE(Enabled(Level::kDebug));
  Log(Level::kDebug, "quiet");
  EXPECT_THAT(lines_, IsEmpty());
  SetLogLevel(Level::kDebug);
  Log(Level::kDebug, "loud");
  EXPECT_THAT(lines_, SizeIs(1));
  SetLogLevel(Level::kError);
  Log(Level::kWarning, "quiet again");
  EXPECT_THAT(lines_, SizeIs(1));
}

TEST_F(LogTest, BeforeStartOnlyWarningsAndErrorsReachStderr) {
  testing::internal::CaptureStderr();
  Log(Level::kInfo, "not this");
  Log(Level::kError, "but this");
  const std::string shown = testing::internal::GetCapturedStderr();
  EXPECT_THAT(shown, HasSubstr("but this"));
  EXPECT_EQ(shown.find("not this"), std::string::npos);
  EXPECT_TRUE(shown.ends_with("}\n"));
}

TEST_F(LogTest, WritesToAFileInOrderAndAppends) {
  for (int start = 0; start < 2; ++start) {
    ASSERT_TRUE(StartLogging({.file = File(), .service = "users"}).ok());
    for (int i = 0; i < 100; ++i) Log(Level::kInfo, "line", {{"i", i}});
    StopLogging();
  }
  const std::vector<std::string> lines = Written();
  ASSERT_THAT(lines, SizeIs(200));
  for (int i = 0; i < 200; ++i) {
    EXPECT_THAT(lines[i],
                HasSubstr("\"i\":" + std::to_string(i % 100) + ",\"service\":\"users\"}"));
  }
}

TEST_F(LogTest, FlushWaitsForEveryLineOfEveryThread) {
  ASSERT_TRUE(StartLogging({.file = File(), .queue = 100000}).ok());
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t) {
    threads.emplace_back([] {
      for (int i = 0; i < 2000; ++i) Log(Level::kInfo, "busy", {{"i", i}});
    });
  }
  for (std::thread& thread : threads) thread.join();
  FlushLogs();
  EXPECT_THAT(Written(), SizeIs(8000));
}

TEST_F(LogTest, AFullQueueLosesLinesCountsThemAndBlocksNobody) {
  // A reader that does not read: the pipe fills, then the queue.
  const std::string pipe = folder_ / "log";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::ifstream reader;
  std::thread opener([&] { reader.open(pipe); });
  ASSERT_TRUE(StartLogging({.file = pipe, .queue = 64}).ok());
  opener.join();
  const std::uint64_t before = LogLinesDropped();
  for (int i = 0; i < 5000; ++i) Log(Level::kInfo, std::string(200, 'x'), {{"i", i}});
  EXPECT_GT(LogLinesDropped(), before);
  StopLogging();
  std::size_t whole = 0;
  for (std::string line; std::getline(reader, line);) {
    ASSERT_TRUE(line.starts_with("{\"ts\"")) << line;
    if (line.ends_with('}')) ++whole;
  }
  EXPECT_GT(whole, 0u);
  EXPECT_EQ(whole + (LogLinesDropped() - before), 5000u) << "every line is written or counted";
}

// What a pipe holds now.
std::string Drain(int fd) {
  std::string text;
  char buffer[4096];
  for (ssize_t got = 0; (got = read(fd, buffer, sizeof(buffer))) > 0;) {
    text.append(buffer, static_cast<std::size_t>(got));
  }
  return text;
}

TEST_F(LogTest, AReaderThatComesBackFindsOnlyWholeLines) {
  const std::string pipe = folder_ / "log";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  const int reader = open(pipe.c_str(), O_RDONLY | O_NONBLOCK | O_CLOEXEC);
  ASSERT_GE(reader, 0);
  ASSERT_EQ(fcntl(reader, F_SETPIPE_SZ, 8192), 8192);
  ASSERT_TRUE(StartLogging({.file = pipe}).ok());
  const std::uint64_t before = LogLinesDropped();
  const std::string large(4000, 'x');
  Log(Level::kInfo, "torn", {{"a", large}, {"b", large}, {"c", large}});
  FlushLogs();
  Log(Level::kInfo, "lost");
  FlushLogs();
  EXPECT_EQ(LogLinesDropped(), before + 1);
  std::string text = Drain(reader);
  EXPECT_EQ(text.size(), 8192u);
  Log(Level::kInfo, "end");
  StopLogging();
  text += Drain(reader);
  close(reader);
  std::istringstream lines(text);
  std::vector<std::string> messages;
  for (std::string line; std::getline(lines, line);) {
    rapidjson::Document document;
    document.Parse(line.c_str());
    ASSERT_FALSE(document.HasParseError()) << line;
    messages.emplace_back(document["msg"].GetString());
  }
  EXPECT_THAT(messages, ElementsAre("torn", "end"));
  EXPECT_EQ(LogLinesDropped(), before + 1);
}

TEST_F(LogTest, AReaderThatWentAwayEndsNobody) {
  const std::string pipe = folder_ / "log";
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  std::ifstream reader;
  std::thread opener([&] { reader.open(pipe); });
  ASSERT_TRUE(StartLogging({.file = pipe}).ok());
  opener.join();
  reader.close();
  const std::uint64_t before = LogLinesDropped();
  Log(Level::kInfo, "to nobody");
  FlushLogs();
  EXPECT_EQ(LogLinesDropped(), before + 1);
}

TEST_F(LogTest, RefusesAFileThatCannotBeWrittenAndASecondStart) {
  EXPECT_EQ(StartLogging({.file = folder_ / "none" / "log"}).code(),
            absl::StatusCode::kInvalidArgument);
  ASSERT_TRUE(StartLogging({.file = File()}).ok());
  EXPECT_EQ(StartLogging({.file = File()}).code(), absl::StatusCode::kFailedPrecondition);
}

TEST_F(LogTest, AfterSetLogSinkReturnsTheFormerSinkIsAtRest) {
  std::atomic<bool> stop{false};
  std::thread logger([&] {
    while (!stop) Log(Level::kInfo, "steady");
  });
  for (int round = 0; round < 200; ++round) {
    auto alive = std::make_unique<std::string>();
    SetLogSink([sink = alive.get()](Level, std::string_view line) { *sink = line; });
    SetLogSink([](Level, std::string_view) {});
    alive.reset();  // ASan and TSan would see a sink that still runs
  }
  stop = true;
  logger.join();
}

TEST(ParseLevel, KnowsItsFourNames) {
  for (const Level level : {Level::kDebug, Level::kInfo, Level::kWarning, Level::kError}) {
    EXPECT_EQ(ParseLevel(LevelName(level)), level);
  }
  EXPECT_EQ(ParseLevel("INFO"), std::nullopt);
}

}  // namespace
}  // namespace tokenforge::telemetry
