// A Login as a collector sees it: the four services and both stores as one tree.
#include <gmock/gmock.h>
#include <grpcpp/client_context.h>
#include <gtest/gtest.h>

#include <csignal>
#include <fstream>
#include <map>
#include <set>
#include <sstream>
#include <thread>

#include "tests/lib/otlp/receiver.h"
#include "tests/system/facade_client.h"
#include "tests/system/suite.h"

namespace tokenforge::systemtest {
namespace {

using otlp::testing::AttributeOf;
using otlp::testing::Hex;
using otlp::testing::Received;
using otlp::testing::Receiver;
using otlp::testing::Spans;
using otlp::v1::Span;
using ::testing::HasSubstr;
using ::testing::Not;
using ::testing::SizeIs;

const std::vector<std::string> kServices = {"auth", "users", "keys", "sessions"};
const std::string kTrace = "0af7651916cd43dd8448eb211c80319c";
const std::string kCaller = "b7ad6b7169203331";

std::map<std::string, std::vector<std::string>> Exporting(const std::string& endpoint) {
  std::map<std::string, std::vector<std::string>> flags;
  for (const std::string& service : kServices) flags[service] = {"--otlp-endpoint=" + endpoint};
  return flags;
}

// True: PostgreSQL.
class TraceOfALogin : public ::testing::TestWithParam<bool> {
 protected:
  TraceOfALogin()
      : suite_(SuiteOptions{.postgres = GetParam(), .flags = Exporting(receiver_.endpoint())}) {
    suite_.Start();
  }

  // Registers, and logs in below a span of this test.
  grpc::Status LogIn(const std::string& email, const std::string& password) {
    const FacadeClient client(suite_.Connect("auth"));
    EXPECT_TRUE(client.Register(email, kPassword).ok());
    grpc::ClientContext context;
    context.AddMetadata("traceparent", "00-" + kTrace + "-" + kCaller + "-01");
    auth::v1::LoginRequest request;
    request.set_email(email);
    request.set_password(password);
    auth::v1::LoginResponse response;
    return client.stub().Login(&context, request, &response);
  }

  // All spans of that trace: every service has ended, and exports what it has before that.
  Spans Collected() {
    suite_.Restart(kServices, SIGTERM);
    Spans of_trace;
    for (const Received& one : receiver_.All()) {
      if (Hex(one.span.trace_id()) == kTrace) of_trace.push_back(one);
    }
    return of_trace;
  }

  Receiver receiver_;
  Suite suite_;
};

INSTANTIATE_TEST_SUITE_P(Databases, TraceOfALogin, ::testing::Values(false, true),
                         [](const auto& which) { return which.param ? "PostgreSql" : "Sqlite"; });

// The spans of a trace by their ids, and questions about them.
class Tree {
 public:
  explicit Tree(const Spans& spans) {
    for (const Received& one : spans) {
      EXPECT_TRUE(by_id_.emplace(Hex(one.span.span_id()), one).second) << "two with one id";
    }
  }
  const Received* Above(const Received& one) const {
    const auto found = by_id_.find(Hex(one.span.parent_span_id()));
    return found == by_id_.end() ? nullptr : &found->second;
  }
  std::vector<Received> Below(const Received& one) const {
    std::vector<Received> below;
    for (const auto& [id, other] : by_id_) {
      if (other.span.parent_span_id() == one.span.span_id()) below.push_back(other);
    }
    return below;
  }
  std::vector<Received> Where(const std::string& key, const std::string& value) const {
    std::vector<Received> found;
    for (const auto& [id, one] : by_id_) {
      if (AttributeOf(one.span, key) == value) found.push_back(one);
    }
    return found;
  }
  const std::map<std::string, Received>& all() const { return by_id_; }

 private:
  std::map<std::string, Received> by_id_;
};

std::string Show(const Received& one) { return one.service + ": " + one.span.DebugString(); }

// One root, the façade's Login below the caller's span; every other span below another one.
void ExpectOneTree(const Tree& tree) {
  int roots = 0;
  for (const auto& [id, one] : tree.all()) {
    if (Hex(one.span.parent_span_id()) == kCaller) {
      ++roots;
      EXPECT_EQ(one.service, "tokenforge-auth");
      EXPECT_EQ(one.span.name(), "tokenforge.auth.v1.AuthService/Login");
      EXPECT_EQ(one.span.kind(), Span::KIND_SERVER);
    } else {
      EXPECT_NE(tree.Above(one), nullptr) << "an orphan: " << Show(one);
    }
  }
  EXPECT_EQ(roots, 1);
}

// A call has two ends: the callee's, in another service, is below the caller's, and is the only
// one.
void ExpectCallsHaveBothEnds(const Tree& tree) {
  for (const Received& one : tree.Where("rpc.system.name", "grpc")) {
    if (one.span.kind() == Span::KIND_SERVER) {
      if (const Received* const above = tree.Above(one)) {
        EXPECT_EQ(above->span.kind(), Span::KIND_CLIENT) << Show(one);
        EXPECT_NE(above->service, one.service) << Show(one);
        EXPECT_EQ(above->span.name(), one.span.name());
        EXPECT_EQ(one.span.flags() & 0x300u, 0x300u) << "its parent is remote";
      }
      continue;
    }
    const std::vector<Received> below = tree.Below(one);
    ASSERT_THAT(below, SizeIs(1)) << Show(one);
    EXPECT_EQ(below[0].span.kind(), Span::KIND_SERVER);
    EXPECT_EQ(AttributeOf(one.span, "server.address"), "127.0.0.1");
    EXPECT_NE(AttributeOf(one.span, "server.port"), "");
  }
}

// Whoever waits for something began before it and ended after it. All processes of this machine
// read one clock, which may be slewed while a span runs: by 500 millionths at most (adjtime), so by
// far less than this.
void ExpectTimesNest(const Tree& tree) {
  constexpr std::uint64_t kSlew = 20'000'000;  // ns
  for (const auto& [id, one] : tree.all()) {
    EXPECT_LE(one.span.start_time_unix_nano(), one.span.end_time_unix_nano()) << Show(one);
    const Received* const above = tree.Above(one);
    if (above == nullptr) continue;
    EXPECT_LE(above->span.start_time_unix_nano(), one.span.start_time_unix_nano() + kSlew)
        << Show(one) << Show(*above);
    EXPECT_LE(one.span.end_time_unix_nano(), above->span.end_time_unix_nano() + kSlew)
        << Show(one) << Show(*above);
  }
}

// What stands directly below the server spans of a service, by a key.
std::set<std::string> StoreOf(const Tree& tree, const std::string& service) {
  std::set<std::string> systems;
  for (const auto& [id, one] : tree.all()) {
    const std::string system = AttributeOf(one.span, "db.system.name");
    if (one.service != service || system.empty()) continue;
    systems.insert(system);
    const Received* const above = tree.Above(one);
    if (above == nullptr) continue;
    EXPECT_EQ(above->service, service) << Show(one);
    EXPECT_EQ(above->span.kind(), Span::KIND_SERVER) << Show(one);
    EXPECT_EQ(one.span.kind(), Span::KIND_CLIENT);
    EXPECT_NE(AttributeOf(one.span, "db.operation.name"), "");
  }
  return systems;
}

TEST_P(TraceOfALogin, ShowsTheFourServicesAndBothStoresAsOneTree) {
  ASSERT_TRUE(LogIn(FreshEmail(), kPassword).ok());
  const Tree tree(Collected());
  std::set<std::string> services;
  for (const auto& [id, one] : tree.all()) services.insert(one.service);
  EXPECT_EQ(services, (std::set<std::string>{"tokenforge-auth", "tokenforge-keys",
                                             "tokenforge-sessions", "tokenforge-users"}));
  ExpectOneTree(tree);
  ExpectCallsHaveBothEnds(tree);
  ExpectTimesNest(tree);
  EXPECT_EQ(StoreOf(tree, "tokenforge-sessions"), std::set<std::string>{"redis"});
  EXPECT_EQ(StoreOf(tree, "tokenforge-users"),
            std::set<std::string>{GetParam() ? "postgresql" : "sqlite"});
  int compared = 0;
  for (const auto& [id, one] : tree.all()) {
    if (one.span.name() != "compare password") continue;
    ++compared;
    const Received* const above = tree.Above(one);
    ASSERT_NE(above, nullptr);
    EXPECT_EQ(above->span.name(), "tokenforge.users.v1.UserService/VerifyPassword");
  }
  EXPECT_EQ(compared, 1);
}

TEST_P(TraceOfALogin, HoldsNothingOfWhoeverLogsIn) {
  const std::string email = FreshEmail();
  EXPECT_EQ(LogIn(email, "marked-wrong-password").error_code(), grpc::StatusCode::UNAUTHENTICATED);
  const Tree tree(Collected());
  ExpectOneTree(tree);
  const std::vector<Received> refused = tree.Where("tokenforge.reason", "INVALID_CREDENTIALS");
  EXPECT_FALSE(refused.empty()) << "but it says what came of it";
  for (const Received& one : receiver_.All()) {
    for (const std::string& mark :
         {email, std::string("marked"), std::string("example"), std::string("spiffe:"),
          std::string("SELECT"), std::string("tfr_")}) {
      EXPECT_THAT(Show(one), Not(HasSubstr(mark)));
    }
  }
}

std::string LogOf(const Suite& suite, const std::string& name) {
  std::ifstream file(suite.log(name));
  std::ostringstream text;
  text << file.rdbuf();
  return text.str();
}

void ExpectInLog(const Suite& suite, const std::string& name, const std::string& line) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::minutes(1);
  while (LogOf(suite, name).find(line) == std::string::npos) {
    ASSERT_LT(std::chrono::steady_clock::now(), until) << line;
    std::this_thread::sleep_for(std::chrono::milliseconds(50));
  }
}

// The same with a collector that is not there, and then comes.
TEST(TraceWithoutACollector, CallsGoOnAndSpansArriveOnceItIsBack) {
  auto receiver = std::make_unique<Receiver>();
  const int port = receiver->port();
  const std::string endpoint = receiver->endpoint();
  receiver.reset();
  Suite suite(SuiteOptions{.flags = Exporting(endpoint)});
  suite.Start();
  const FacadeClient client(suite.Connect("auth"));
  const std::string email = FreshEmail();
  ASSERT_TRUE(client.Register(email, kPassword).ok());
  ASSERT_TRUE(client.Login(email, kPassword).ok());
  ExpectInLog(suite, "auth", "the collector takes no spans");
  receiver = std::make_unique<Receiver>(grpc::InsecureServerCredentials(), port);
  ASSERT_EQ(receiver->port(), port);
  const Spans spans = receiver->WaitFor([](const Spans& all) {
    std::set<std::string> names;
    for (const Received& one : all) names.insert(one.span.name());
    return names.contains("tokenforge.auth.v1.AuthService/Login");
  });
  EXPECT_THAT(spans, Not(::testing::IsEmpty()));
  ExpectInLog(suite, "auth", "the collector takes spans again");
  EXPECT_THAT(Suite::HttpGet(suite.operators_port("auth"), "/metrics"),
              HasSubstr("tokenforge_spans_dropped_total"));
}

}  // namespace
}  // namespace tokenforge::systemtest
