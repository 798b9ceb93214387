// What CallerOf tells of each kind of caller.
#include <gtest/gtest.h>

#include "tests/interceptors/guarded_server.h"

namespace tokenforge::testing {
namespace {

constexpr char kWeb[] = "spiffe://example.org/web";

class CallerKinds : public ::testing::TestWithParam<Api> {
 protected:
  v1::Answer Ask(GuardedServer& server, const std::string& method, const Metadata& metadata) {
    const Outcome outcome = server.Call(method, metadata);
    EXPECT_TRUE(outcome.status.ok()) << outcome.status.error_message();
    return outcome.answers.empty() ? v1::Answer() : outcome.answers.front();
  }
  static int Kind(Caller::Kind kind) { return static_cast<int>(kind); }
  std::string ServiceToken(const std::string& subject, const std::string& session = "") {
    return mtls_.tokens().Make([&](jose::AccessTokenClaims& claims) {
      claims.subject = subject;
      claims.session_id = session;
    });
  }

  GuardedServer mtls_{GetParam(), Transport::kMtls};
};

INSTANTIATE_TEST_SUITE_P(Both, CallerKinds, ::testing::Values(Api::kSync, Api::kCallback),
                         [](const auto& api) {
                           return api.param == Api::kSync ? "Sync" : "Callback";
                         });

TEST_P(CallerKinds, WithoutCertificateAndTokenNobody) {
  GuardedServer plaintext(GetParam(), Transport::kPlaintext);
  const v1::Answer answer = Ask(plaintext, "Open", {});
  EXPECT_EQ(answer.kind(), Kind(Caller::Kind::kAnonymous));
  EXPECT_EQ(answer.subject(), "");
  EXPECT_EQ(answer.peer(), "");
}

TEST_P(CallerKinds, APeerIsItsCertificate) {
  for (const char* method : {"Peers", "Open"}) {
    const v1::Answer answer = Ask(mtls_, method, {});
    EXPECT_EQ(answer.kind(), Kind(Caller::Kind::kPeer)) << method;
    EXPECT_EQ(answer.peer(), kWeb);
    EXPECT_EQ(answer.subject(), "") << "what a certificate says is no token's subject";
    EXPECT_EQ(answer.session_id(), "");
  }
}

TEST_P(CallerKinds, ATokenThatTheRuleDoesNotAskForProvesNothing) {
  const v1::Answer answer = Ask(mtls_, "Peers", Bearer(mtls_.tokens().Make()));
  EXPECT_EQ(answer.kind(), Kind(Caller::Kind::kPeer));
  EXPECT_EQ(answer.subject(), "");
}

TEST_P(CallerKinds, AUserComesThroughAPeer) {
  const v1::Answer answer = Ask(mtls_, "Unary", Bearer(mtls_.tokens().Make()));
  EXPECT_EQ(answer.kind(), Kind(Caller::Kind::kUser));
  EXPECT_EQ(answer.subject(), "ada");
  EXPECT_EQ(answer.session_id(), "s-ada");
  EXPECT_EQ(answer.peer(), kWeb);
}

TEST_P(CallerKinds, AServiceTokenIsAServiceAlsoThroughAnotherPeer) {
  const std::string token = ServiceToken("spiffe://example.org/jobs/nightly");
  for (int i = 0; i < 2; ++i) {
    const v1::Answer answer = Ask(mtls_, "Unary", Bearer(token));
    EXPECT_EQ(answer.kind(), Kind(Caller::Kind::kService));
    EXPECT_EQ(answer.subject(), "spiffe://example.org/jobs/nightly");
    EXPECT_EQ(answer.session_id(), "");
    EXPECT_EQ(answer.peer(), kWeb);
  }
}

TEST_P(CallerKinds, WhatOnlyLooksLikeAServiceTokenIsNone) {
  // Services have no sessions, and their names are SPIFFE IDs to the letter.
  EXPECT_EQ(Ask(mtls_, "Unary", Bearer(ServiceToken("spiffe://example.org/jobs", "s-1"))).kind(),
            Kind(Caller::Kind::kUser));
  for (const char* odd : {"spiffe://example.org", "spiffe://Example.org/jobs", "spiffe:///jobs"}) {
    EXPECT_EQ(Ask(mtls_, "Unary", Bearer(ServiceToken(odd))).kind(), Kind(Caller::Kind::kUser))
        << odd;
  }
}

}  // namespace
}  // namespace tokenforge::testing
