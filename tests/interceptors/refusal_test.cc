// Every kind of method, both APIs, with and without mTLS: what is refused is refused with the
// contract's code, reason and challenge, and its handler does not run.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <functional>
#include <tuple>

#include "tests/interceptors/guarded_server.h"

namespace tokenforge::testing {
namespace {

namespace reasons = errors::reasons;
using ::testing::Combine;
using ::testing::Values;

class EveryKindOfMethod : public ::testing::TestWithParam<std::tuple<Api, Transport, Kind>> {
 protected:
  EveryKindOfMethod() : server_(std::get<0>(GetParam()), std::get<1>(GetParam())) {}

  Outcome Call(const Metadata& metadata, const std::string& text = "hello") {
    return server_.Call(std::get<2>(GetParam()), metadata, text);
  }
  Tokens& tokens() { return server_.tokens(); }

  void ExpectRefused(const Metadata& metadata, errors::Reason reason) {
    const int before = HandlerRuns();
    const Outcome outcome = Call(metadata);
    EXPECT_EQ(outcome.status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
    EXPECT_EQ(outcome.reason(), reason) << outcome.status.error_message();
    EXPECT_EQ(outcome.status.error_message(), "this method needs a valid access token");
    EXPECT_EQ(outcome.Trailer("www-authenticate"), "Bearer error=\"invalid_token\"");
    EXPECT_TRUE(outcome.answers.empty());
    EXPECT_EQ(HandlerRuns(), before) << "the handler ran";
  }

  GuardedServer server_;
};

std::string NameOf(const ::testing::TestParamInfo<std::tuple<Api, Transport, Kind>>& instance) {
  static constexpr const char* kKinds[] = {"Unary", "ClientStream", "ServerStream", "Bidi"};
  const auto [api, transport, kind] = instance.param;
  return std::string(api == Api::kSync ? "Sync" : "Callback") +
         (transport == Transport::kMtls ? "Mtls" : "Plaintext") + kKinds[static_cast<int>(kind)];
}

INSTANTIATE_TEST_SUITE_P(
    Servers, EveryKindOfMethod,
    Combine(Values(Api::kSync, Api::kCallback), Values(Transport::kPlaintext, Transport::kMtls),
            Values(Kind::kUnary, Kind::kClientStream, Kind::kServerStream, Kind::kBidi)),
    NameOf);

TEST_P(EveryKindOfMethod, LetsAGoodTokenThroughAndSaysWhoItIs) {
  const int before = HandlerRuns();
  const Outcome outcome = Call(Bearer(tokens().Make()));
  ASSERT_TRUE(outcome.status.ok()) << outcome.status.error_message();
  EXPECT_EQ(HandlerRuns(), before + 1);
  ASSERT_EQ(outcome.answers.size(), 1u);
  EXPECT_EQ(outcome.answers[0].subject(), "ada");
  EXPECT_EQ(outcome.answers[0].session_id(), "s-ada");
  EXPECT_EQ(outcome.answers[0].kind(), static_cast<int>(Caller::Kind::kUser));
  EXPECT_EQ(outcome.answers[0].peer(),
            std::get<1>(GetParam()) == Transport::kMtls ? "spiffe://example.org/web" : "");
}

TEST_P(EveryKindOfMethod, RefusesACallWithoutToken) { ExpectRefused({}, reasons::TOKEN_MISSING); }

TEST_P(EveryKindOfMethod, RefusesWhatIsNotOneBearerToken) {
  const std::string good = tokens().Make();
  ExpectRefused({{"authorization", "Basic YWRhOmFkYQ=="}}, reasons::TOKEN_MISSING);
  ExpectRefused({{"authorization", good}}, reasons::TOKEN_MISSING);
  ExpectRefused({{"authorization", "Bearer " + good}, {"authorization", "Bearer " + good}},
                reasons::TOKEN_MISSING);
  ExpectRefused({{"authorization", "Bearer " + good + ", Bearer " + good}},
                reasons::TOKEN_MALFORMED);
}

TEST_P(EveryKindOfMethod, RefusesEachKindOfBadToken) {
  ExpectRefused(Bearer("x.y.z"), reasons::TOKEN_MALFORMED);
  ExpectRefused(Bearer(tokens().Forged()), reasons::TOKEN_BAD_SIGNATURE);
  ExpectRefused(Bearer(tokens().Unsigned()), reasons::TOKEN_BAD_SIGNATURE);
  ExpectRefused(Bearer(tokens().Expired()), reasons::TOKEN_EXPIRED);
  ExpectRefused(Bearer(tokens().NotYetValid()), reasons::TOKEN_NOT_YET_VALID);
  ExpectRefused(Bearer(tokens().ForForeignAudience()), reasons::TOKEN_WRONG_AUDIENCE);
  ExpectRefused(Bearer(tokens().OfForeignIssuer()), reasons::TOKEN_WRONG_ISSUER);
  ExpectRefused(Bearer(tokens().OfWrongType()), reasons::TOKEN_WRONG_TYPE);
  ExpectRefused(Bearer(tokens().OfUnknownKey()), reasons::TOKEN_UNKNOWN_KEY);
}

TEST_P(EveryKindOfMethod, RefusesARevokedTokenThatItKnewAsGood) {
  const std::string token = tokens().Make();
  ASSERT_TRUE(Call(Bearer(token)).status.ok());
  Revocation revocation;
  revocation.session_id = "s-ada";
  revocation.end_time = server_.clock().Now() + std::chrono::minutes(16);
  server_.trust().AddRevocations({revocation});
  ExpectRefused(Bearer(token), reasons::TOKEN_REVOKED);
}

TEST_P(EveryKindOfMethod, RefusesATokenOfOneMegabyteWithoutHarm) {
  const int before = HandlerRuns();
  const Outcome outcome = Call(Bearer(std::string(1 << 20, 'a')));
  EXPECT_FALSE(outcome.status.ok());
  EXPECT_EQ(HandlerRuns(), before);
  EXPECT_TRUE(Call(Bearer(tokens().Make())).status.ok()) << "the server lives on";
}

TEST_P(EveryKindOfMethod, AcceptsTheSchemeInAnyCase) {
  EXPECT_TRUE(Call({{"authorization", "bEaReR " + tokens().Make()}}).status.ok());
}

TEST_P(EveryKindOfMethod, NeverBelievesIdentityInMetadata) {
  ExpectRefused({{"x-tokenforge-sub", "admin"}, {"x-tokenforge-roles", "admin"}},
                reasons::TOKEN_MISSING);
  Metadata metadata = Bearer(tokens().Make());
  metadata.emplace_back("x-tokenforge-sub", "admin");
  const Outcome outcome = Call(metadata);
  ASSERT_EQ(outcome.answers.size(), 1u);
  EXPECT_EQ(outcome.answers[0].subject(), "ada");
  EXPECT_TRUE(outcome.answers[0].roles().empty());
}

#if defined(__SANITIZE_THREAD__)
constexpr int kBigRequests = 3;  // each of gRPC's own hand-overs costs a look at two stacks
#else
constexpr int kBigRequests = 50;
#endif

TEST_P(EveryKindOfMethod, RefusesABigRequestOfAStrangerUnread) {
  // Many of them: what is not parsed cannot leak, which ASan's run would show.
  for (int i = 0; i < kBigRequests; ++i) {
    const Outcome outcome = Call({}, std::string(100'000, 'x'));
    ASSERT_EQ(outcome.reason(), reasons::TOKEN_MISSING);
  }
}

}  // namespace
}  // namespace tokenforge::testing
