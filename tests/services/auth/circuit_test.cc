// What the façade refuses before it begins, while a service behind it is left alone.
#include <gtest/gtest.h>

#include "lib/rpc/status.h"
#include "tests/services/auth/facade_fixture.h"

namespace tokenforge::auth::testing {
namespace {

class CircuitTest : public FacadeTest {
 protected:
  void OpenCircuit() {
    while (upstream_.circuit->Look().ok()) {
      upstream_.circuit->Admit()->Settle({breaker::Verdict::kFailed});
    }
  }
};

TEST_F(CircuitTest, AnOpenCircuitRefusesLoginsAndRefreshesAtOnce) {
  const v1::Tokens tokens = Register().tokens();
  OpenCircuit();
  const grpc::Status login = TryLogin("ada@example.org", kPassword);
  EXPECT_EQ(ReasonOf(login), reasons::CIRCUIT_OPEN);
  EXPECT_GT(errors::RetryAfterOf(rpc::FromGrpc(login)), std::chrono::seconds(1));
  EXPECT_EQ(ReasonOf(TryRefresh(tokens.refresh_token())), reasons::CIRCUIT_OPEN);
  EXPECT_EQ(ReasonOf(WhoAmI(tokens.access_token())), reasons::CIRCUIT_OPEN);
  v1::RegisterRequest request;
  request.set_email("grace@example.org");
  request.set_password(kPassword);
  v1::RegisterResponse response;
  EXPECT_EQ(ReasonOf(Call(&v1::AuthService::Stub::Register, request, &response)),
            reasons::CIRCUIT_OPEN);
}

TEST_F(CircuitTest, WhatIsWrongWithARequestIsSaidAllTheSame) {
  OpenCircuit();
  EXPECT_EQ(ReasonOf(TryLogin("no address", kPassword)), reasons::INVALID_FIELD);
}

TEST_F(CircuitTest, AnOpenCircuitLeavesWhatNeedsNobodyAlone) {
  const v1::Tokens tokens = Register().tokens();
  OpenCircuit();
  v1::IntrospectRequest request;
  request.set_token(tokens.access_token());
  v1::IntrospectResponse response;
  EXPECT_TRUE(Call(&v1::AuthService::Stub::Introspect, request, &response).ok());
  EXPECT_TRUE(response.active());
}

}  // namespace
}  // namespace tokenforge::auth::testing
