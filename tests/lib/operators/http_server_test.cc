#include "lib/operators/http_server.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <stdexcept>
#include <thread>

#include "lib/telemetry/log.h"
#include "tests/lib/operators/http_client.h"

namespace tokenforge::operators {
namespace {

using ::testing::EndsWith;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::StartsWith;

class HttpServerTest : public testing::Test {
 protected:
  HttpServerTest() {
    server_.Handle("/document", [this](const HttpRequest& request) -> HttpResponse {
      ++calls_;
      if (request.Header("if-none-match") == "\"1\"") return {.status = 304, .body = "unseen"};
      return {.headers = {{"Content-Type", "application/json"}, {"ETag", "\"1\""}}, .body = "{}"};
    });
    server_.Handle("/broken", [](const HttpRequest&) -> HttpResponse {
      throw std::runtime_error("the cause");
    });
    EXPECT_TRUE(server_.Start().ok());
  }

  std::atomic<int> calls_{0};
  HttpServer server_{{}};
};

TEST_F(HttpServerTest, AnswersItsPathWithTheHandlersHeaders) {
  const std::string answer = Get(server_.port(), "/document");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("Content-Type: application/json\r\n"));
  EXPECT_THAT(answer, HasSubstr("ETag: \"1\"\r\n"));
  EXPECT_THAT(answer, HasSubstr("Connection: close\r\n"));
  EXPECT_EQ(BodyOf(answer), "{}");
}

TEST_F(HttpServerTest, HandlersSeeHeadersInLowerCaseAndMayAnswer304) {
  const std::string answer = Get(server_.port(), "/document", "IF-None-Match: \"1\"\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 304 "));
  EXPECT_EQ(BodyOf(answer), "");
}

TEST_F(HttpServerTest, HeadHasTheHeadersOnly) {
  const std::string answer =
      Exchange(server_.port(), "HEAD /document HTTP/1.1\r\nHost: test\r\n\r\n");
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 "));
  EXPECT_THAT(answer, HasSubstr("Content-Length: 2\r\n"));
  EXPECT_EQ(BodyOf(answer), "");
}

TEST_F(HttpServerTest, TheQueryIsNotPartOfThePath) {
  EXPECT_THAT(Get(server_.port(), "/document?x=1"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, OtherPathsAreNotFound) {
  for (const char* path : {"/", "/documents", "/document/", "/../document", "/etc/passwd"}) {
    EXPECT_THAT(Get(server_.port(), path), StartsWith("HTTP/1.1 404 ")) << path;
  }
  EXPECT_EQ(calls_, 0);
}

TEST_F(HttpServerTest, PathsMayComeAndChangeWhileItServes) {
  EXPECT_THAT(Get(server_.port(), "/late"), StartsWith("HTTP/1.1 404 "));
  server_.Handle("/late", [](const HttpRequest&) { return HttpResponse{.body = "first"}; });
  EXPECT_EQ(BodyOf(Get(server_.port(), "/late")), "first");
  server_.Handle("/late", [](const HttpRequest&) { return HttpResponse{.body = "second"}; });
  EXPECT_EQ(BodyOf(Get(server_.port(), "/late")), "second");
}

TEST_F(HttpServerTest, OtherMethodsAreRefused) {
  for (const char* method : {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"}) {
    const std::string answer =
        Exchange(server_.port(), std::string(method) +
                                     " /document HTTP/1.1\r\nHost: t\r\nContent-Length: 0\r\n\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 405 ")) << method;
    EXPECT_THAT(answer, HasSubstr("Allow: GET, HEAD\r\n")) << method;
  }
  EXPECT_EQ(calls_, 0);
}

TEST_F(HttpServerTest, TheBodyOfAGetIsNeverTakenForARequest) {
  const std::string hidden = "GET /document HTTP/1.1\r\nHost: t\r\n\r\n";
  Exchange(server_.port(), "GET /document HTTP/1.1\r\nHost: t\r\nContent-Length: " +
                               std::to_string(hidden.size()) + "\r\n\r\n" + hidden);
  EXPECT_THAT(Get(server_.port(), "/document"), StartsWith("HTTP/1.1 200 "));
  EXPECT_EQ(calls_, 2);
}

TEST_F(HttpServerTest, AHandlerThatThrowsIsA500WithoutItsCause) {
  std::string logged;
  telemetry::SetLogSink([&](telemetry::Level, std::string_view line) { logged = line; });
  const std::string answer = Get(server_.port(), "/broken");
  telemetry::SetLogSink(nullptr);
  EXPECT_THAT(answer, StartsWith("HTTP/1.1 500 "));
  EXPECT_THAT(answer, Not(HasSubstr("the cause")));
  EXPECT_THAT(logged, HasSubstr("the cause"));
}

TEST_F(HttpServerTest, DocumentsAreWholeWhateverRangeIsAskedFor) {
  for (const std::string& range :
       {std::string("bytes=0-0"), std::string("bytes=0-0,0-1,0-1"), std::string("bytes=1-")}) {
    const std::string answer = Get(server_.port(), "/document", "Range: " + range + "\r\n");
    EXPECT_THAT(answer, StartsWith("HTTP/1.1 200 ")) << range;
    EXPECT_EQ(BodyOf(answer), "{}") << range;
  }
}

TEST_F(HttpServerTest, SurvivesNonsense) {
  std::string ranges = "Range: bytes=0-0";
  for (int i = 0; i < 1500; ++i) ranges += ",0-0";
  Get(server_.port(), "/document", ranges + "\r\n");
  Get(server_.port(), "/" + std::string(100000, 'a'));
  Get(server_.port(), "/document", "X: " + std::string(100000, 'a') + "\r\n");
  Get(server_.port(), "/%zz%00%ff");
  Exchange(server_.port(), "\r\n\r\n");
  Exchange(server_.port(), std::string(1000, '\0') + "\r\n\r\n");
  Exchange(server_.port(), "GET\r\n\r\n");
  EXPECT_THAT(Get(server_.port(), "/document"), StartsWith("HTTP/1.1 200 "));
}

TEST_F(HttpServerTest, ServesManyClientsAtOnce) {
  std::vector<std::thread> clients;
  std::atomic<int> good{0};
  for (int c = 0; c < 4; ++c) {
    clients.emplace_back([&] {
      for (int i = 0; i < 25; ++i) good += BodyOf(Get(server_.port(), "/document")) == "{}";
    });
  }
  for (std::thread& client : clients) client.join();
  EXPECT_EQ(good, 100);
}

TEST_F(HttpServerTest, AfterStopThePortIsFreeAndCanBeTakenAgain) {
  const int port = server_.port();
  server_.Stop();
  server_.Stop();
  EXPECT_EQ(Get(port, "/document"), "");
  HttpServer second({.address = "127.0.0.1:" + std::to_string(port)});
  ASSERT_TRUE(second.Start().ok());
  EXPECT_EQ(second.port(), port);
  EXPECT_THAT(Get(port, "/document"), StartsWith("HTTP/1.1 404 "));
}

TEST_F(HttpServerTest, APortThatIsTakenIsAnError) {
  HttpServer second({.address = "127.0.0.1:" + std::to_string(server_.port())});
  EXPECT_EQ(second.Start().code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(second.port(), 0);
}

TEST(HttpServer, RefusesABadAddress) {
  for (const char* address : {"", "127.0.0.1", ":80", "127.0.0.1:x", "127.0.0.1:70000"}) {
    EXPECT_EQ(HttpServer({.address = address}).Start().code(), absl::StatusCode::kInvalidArgument)
        << address;
  }
}

TEST(HttpServer, StartedAndStoppedAtOnceNeverHangs) {
  for (int i = 0; i < 50; ++i) {
    HttpServer server({});
    ASSERT_TRUE(server.Start().ok());
  }
}

}  // namespace
}  // namespace tokenforge::operators
