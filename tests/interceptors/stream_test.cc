// Long streams: checked again while they are open, and ended when their token is no longer good.
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "lib/telemetry/log.h"
#include "tests/interceptors/guarded_server.h"
#include "tokenforge/observe.h"

namespace tokenforge::testing {
namespace {

namespace reasons = errors::reasons;
using std::chrono::milliseconds;
using std::chrono::minutes;
using std::chrono::seconds;

// One open Bidi call.
class Open {
 public:
  Open(const std::shared_ptr<grpc::Channel>& channel, const std::string& token)
      : stub_(v1::Calls::NewStub(channel)) {
    context_.AddMetadata("authorization", "Bearer " + token);
    context_.set_deadline(std::chrono::system_clock::now() + seconds(60));
    stream_ = stub_->Bidi(&context_);
  }
  // Whether the handler answers.
  bool Echo() {
    v1::Ask ask;
    ask.set_text("still there?");
    v1::Answer answer;
    return stream_->Write(ask) && stream_->Read(&answer) && answer.text() == ask.text();
  }
  // Waits until the server ends it.
  grpc::Status End() {
    v1::Answer answer;
    while (stream_->Read(&answer)) {
    }
    return stream_->Finish();
  }
  grpc::Status Close() {
    stream_->WritesDone();
    return End();
  }

 private:
  std::unique_ptr<v1::Calls::Stub> stub_;
  grpc::ClientContext context_;
  std::unique_ptr<grpc::ClientReaderWriter<v1::Ask, v1::Answer>> stream_;
};

class Streams : public ::testing::TestWithParam<Api> {
 protected:
  Revocation Ending(Revocation revocation) {
    revocation.end_time = server_.clock().Now() + minutes(16);
    return revocation;
  }
  void Revoke(Revocation revocation) { server_.trust().AddRevocations({Ending(revocation)}); }
  void ExpectEnded(Open& stream, errors::Reason why) {
    const grpc::Status status = stream.End();
    EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED) << status.error_message();
    EXPECT_NE(status.error_message().find(errors::v1::Reason_Name(why)), std::string::npos)
        << status.error_message();
  }

  GuardedServer server_{GetParam(), Transport::kPlaintext};
  std::shared_ptr<grpc::Channel> channel_ = server_.Channel();
};

INSTANTIATE_TEST_SUITE_P(Both, Streams, ::testing::Values(Api::kSync, Api::kCallback),
                         [](const auto& api) {
                           return api.param == Api::kSync ? "Sync" : "Callback";
                         });

TEST_P(Streams, EndWhenTheirSessionIsRevokedAndOthersGoOn) {
  Open ada(channel_, server_.tokens().For("ada"));
  Open bob(channel_, server_.tokens().For("bob"));
  ASSERT_TRUE(ada.Echo() && bob.Echo());
  Revocation session;
  session.session_id = "s-ada";
  Revoke(session);
  ExpectEnded(ada, reasons::TOKEN_REVOKED);
  EXPECT_TRUE(bob.Echo());
  EXPECT_TRUE(bob.Close().ok());
}

TEST_P(Streams, EndByEveryKindOfRevocation) {
  for (const char* kind : {"jti", "subject", "kid"}) {
    Open stream(channel_, server_.tokens().For(std::string("of-") + kind));
    ASSERT_TRUE(stream.Echo());
    Revocation revocation;
    if (kind == std::string("jti")) revocation.jti = "t-of-jti";
    if (kind == std::string("subject")) {
      revocation.subject = "of-subject";
      revocation.issued_before = server_.clock().Now() + seconds(1);
    }
    if (kind == std::string("kid")) revocation.kid = server_.tokens().kid();
    Revoke(revocation);
    ExpectEnded(stream, reasons::TOKEN_REVOKED);
  }
}

TEST_P(Streams, EndWhenTheirKeyIsNoLongerTrusted) {
  Open stream(channel_, server_.tokens().Make());
  ASSERT_TRUE(stream.Echo());
  const Tokens next(server_.clock());
  ASSERT_TRUE(server_.trust().PublishKeys(next.Jwks()).ok());
  ExpectEnded(stream, reasons::TOKEN_UNKNOWN_KEY);
}

TEST_P(Streams, EndWhenTheirTokenExpiresAndNotBefore) {
  Open stream(channel_, server_.tokens().Make());
  ASSERT_TRUE(stream.Echo());
  server_.clock().Advance(minutes(15) + seconds(30) - milliseconds(1));
  server_.trust().Confirm();
  EXPECT_TRUE(stream.Echo()) << "the leeway is not over";
  server_.clock().Advance(milliseconds(1));
  server_.trust().Confirm();
  ExpectEnded(stream, reasons::TOKEN_EXPIRED);
}

TEST(StreamsByTheMachinesClock, ExpireAlsoWhenNothingElseHappens) {
  // By the machine's clock: the token has already expired but for its leeway.
  GuardOptions options;
  const clock::SystemClock clock;
  const auto trust = std::make_shared<Trust>();
  const Tokens tokens(clock);
  ASSERT_TRUE(trust->PublishKeys(tokens.Jwks()).ok());
  options.issuer = kIssuer;
  options.audiences = {kAudience};
  options.trust = trust;
  options.trust_domain = "example.org";
  CallbackCalls service;
  Guard guard(options);
  guard.Protect<v1::Calls>(&service);
  grpc::ServerBuilder builder;
  int port = 0;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port);
  const auto server = guard.Start(builder);
  ASSERT_TRUE(server.ok()) << server.status();
  const auto channel =
      grpc::CreateChannel("127.0.0.1:" + std::to_string(port), grpc::InsecureChannelCredentials());
  const std::string token = tokens.Make([](jose::AccessTokenClaims& claims) {
    claims.issue_time -= minutes(1);
    claims.not_before -= minutes(1);
    claims.expire_time = claims.issue_time + seconds(35);  // 25 s ago: 5 s are left
  });
  Open later(channel, tokens.Make());
  Open stream(channel, token);
  ASSERT_TRUE(later.Echo() && stream.Echo());
  EXPECT_EQ(stream.End().error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_TRUE(later.Close().ok());
}

TEST_P(Streams, AreNotTouchedWhenTheyNeedNoToken) {
  const auto stub = v1::Calls::NewStub(channel_);
  grpc::ClientContext context;
  context.AddMetadata("authorization", "Bearer " + server_.tokens().For("ada"));
  const auto stream = stub->OpenBidi(&context);
  v1::Ask ask;
  v1::Answer answer;
  ASSERT_TRUE(stream->Write(ask) && stream->Read(&answer));
  Revocation session;
  session.session_id = "s-ada";
  Revoke(session);
  ASSERT_TRUE(stream->Write(ask) && stream->Read(&answer));
  stream->WritesDone();
  EXPECT_TRUE(stream->Finish().ok());
}

TEST_P(Streams, AreLoggedAndCountedByTheReasonNotAsCancelled) {
  std::promise<std::string> logged;
  std::atomic<bool> found = false;
  SetLogSink([&](std::string_view, std::string_view line) {
    if (line.find("Calls/Bidi") != std::string_view::npos && !found.exchange(true)) {
      logged.set_value(std::string(line));
    }
  });
  {
    Open stream(channel_, server_.tokens().For("ada"));
    ASSERT_TRUE(stream.Echo());
    Revocation session;
    session.session_id = "s-ada";
    Revoke(session);
    ExpectEnded(stream, reasons::TOKEN_REVOKED);
  }
  auto line = logged.get_future();
  ASSERT_EQ(line.wait_for(seconds(30)), std::future_status::ready);
  const std::string text = line.get();
  SetLogSink({});
  EXPECT_NE(text.find(R"("code":"UNAUTHENTICATED")"), std::string::npos) << text;
  EXPECT_NE(text.find(R"("reason":"TOKEN_REVOKED")"), std::string::npos) << text;
}

TEST_P(Streams, ComeAndGoWhileTheirTokensAreRevoked) {
  // Calls that end by themselves and calls that are ended, at the same moments.
  std::vector<std::jthread> threads;
  std::atomic<int> ended = 0, odd = 0;
  for (int thread = 0; thread < 4; ++thread) {
    threads.emplace_back([&, thread] {
      for (int i = 0; i < 30; ++i) {
        const std::string name = "u" + std::to_string(thread) + "-" + std::to_string(i);
        Open stream(channel_, server_.tokens().For(name));
        stream.Echo();
        Revocation session;
        session.session_id = "s-" + name;
        Revoke(session);
        const grpc::Status status = i % 2 == 0 ? stream.Close() : stream.End();
        if (status.error_code() == grpc::StatusCode::UNAUTHENTICATED) ++ended;
        const bool well = status.ok() || status.error_code() == grpc::StatusCode::UNAUTHENTICATED;
        if (!well || (i % 2 == 1 && status.ok())) ++odd;
      }
    });
  }
  threads.clear();
  EXPECT_EQ(odd, 0);
  EXPECT_GE(ended, 60);
}

}  // namespace
}  // namespace tokenforge::testing
