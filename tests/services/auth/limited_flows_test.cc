// The limits of the other flows, and the address that all of them count by.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <future>

#include "lib/errors/limit.h"
#include "lib/rpc/status.h"
#include "services/auth/login_gate.h"
#include "tests/services/auth/facade_fixture.h"
#include "tests/services/auth/guesser.h"

namespace tokenforge::auth::testing {
namespace {

using Taken = std::map<std::string, int>;
constexpr char kHome[] = "192.0.2.1";

class LimitedFlows : public FacadeTest {
 protected:
  // For the steps of flows that no method has yet.
  template <class T>
  static absl::StatusOr<T> Wait(async::Task<absl::StatusOr<T>> task) {
    std::promise<absl::StatusOr<T>> promise;
    async::Spawn(std::move(task), [&](std::exception_ptr, absl::StatusOr<T> result) {
      promise.set_value(std::move(result));
    });
    return promise.get_future().get();
  }
  void Settled(const Origin& origin, const LimitPlan& plan, Verdict verdict) {
    std::promise<void> promise;
    async::Spawn(Settle(*facade_, origin, plan, verdict),
                 [&](std::exception_ptr) { promise.set_value(); });
    promise.get_future().get();
  }
  static Origin From(const std::string& address) {
    return Origin(rpc::ServerCall(std::chrono::steady_clock::now() + std::chrono::seconds(20),
                                  telemetry::TraceContext()),
                  "spiffe://example.org/app", IpAddress::Parse(address));
  }
  std::string AddressOfOnlySession() { return sessions_.OnlySession().device().ip_address(); }

  Guesser gateway_{ChannelAs("gateway")};
  Guesser app_{ChannelAs("app")};
  const email::CanonicalEmail ada_ = email::CanonicalEmail::Parse("ada@example.org").value();
};

TEST_F(LimitedFlows, RegisterRefusesTheTwentyFirstOfAnAddressWhateverTheyAskedFor) {
  for (int i = 0; i < 10; ++i) {
    const std::string email = "person" + std::to_string(i) + "@example.org";
    EXPECT_TRUE(gateway_.Register(email, kHome).status.ok());
    EXPECT_EQ(gateway_.Register(email, kHome).reason(), reasons::EMAIL_TAKEN);
  }
  const int created = users_.faults.Calls("CreateUser");
  const Told known = gateway_.Register("person1@example.org", kHome);
  const Told fresh = gateway_.Register("fresh@example.org", kHome);
  EXPECT_EQ(known.reason(), reasons::RATE_LIMITED);
  EXPECT_EQ(known.all(), fresh.all());
  EXPECT_EQ(known.trailing.at("ratelimit-limit"), "20");
  EXPECT_EQ(users_.faults.Calls("CreateUser"), created);
  EXPECT_TRUE(gateway_.Register("fresh@example.org", "192.0.2.2").status.ok());
}

TEST_F(LimitedFlows, RegisterGivesBackWhenNobodyCouldCreate) {
  users_.faults.Fail("CreateUser", Down());
  for (int i = 0; i < 30; ++i) {
    EXPECT_EQ(gateway_.Register("ada@example.org", kHome).reason(), reasons::DEPENDENCY_DOWN);
  }
  EXPECT_EQ(sessions_.limits.All(), Taken());
}

TEST_F(LimitedFlows, RegisterTakesNothingForWhatIsNoRegistration) {
  EXPECT_EQ(gateway_.Register("nobody", kHome).reason(), reasons::INVALID_FIELD);
  EXPECT_EQ(sessions_.limits.All(), Taken());
}

TEST_F(LimitedFlows, RefreshHandsOnTheRefusalOfTheSessionsService) {
  const v1::Tokens tokens = Register().tokens();
  const errors::Limit limit{"refresh_session", 10, 0, std::chrono::seconds(20)};
  sessions_.faults.Fail(
      "RotateRefreshToken",
      errors::MakeLimited(reasons::RATE_LIMITED, "too many refreshes: try again later", limit,
                          std::chrono::milliseconds(2000)));
  const Told told = app_.Refresh(tokens.refresh_token());
  EXPECT_EQ(told.reason(), reasons::RATE_LIMITED);
  EXPECT_EQ(told.status.error_code(), grpc::StatusCode::RESOURCE_EXHAUSTED);
  EXPECT_EQ(errors::LimitOf(rpc::FromGrpc(told.status)), limit);
  EXPECT_EQ(errors::RetryAfterOf(rpc::FromGrpc(told.status)), std::chrono::seconds(2));
  EXPECT_EQ(told.trailing, (std::map<std::string, std::string>{{"ratelimit-limit", "10"},
                                                               {"ratelimit-remaining", "0"},
                                                               {"ratelimit-reset", "20"}}));
}

TEST_F(LimitedFlows, CountByTheAddressThatATrustedGatewayNames) {
  gateway_.Login("ada@example.org", "wrong", "203.0.113.7, 192.0.2.1");
  EXPECT_EQ(sessions_.limits.Taken("login_address", "192.0.2.1"), 1);
  gateway_.Login("ada@example.org", "wrong", "2001:db8:1:2::7");
  gateway_.Login("ada@example.org", "wrong", "2001:db8:1:2:ffff::8");
  EXPECT_EQ(sessions_.limits.Taken("login_address", "2001:db8:1:2::/64"), 2);
  gateway_.Login("ada@example.org", "wrong", "::ffff:192.0.2.1");
  EXPECT_EQ(sessions_.limits.Taken("login_address", "192.0.2.1"), 2);
}

TEST_F(LimitedFlows, CountByThePeerWhateverOthersWriteIntoTheHeader) {
  for (int i = 0; i < 5; ++i) {
    EXPECT_EQ(app_.Login("ada@example.org", "wrong", "198.51.100." + std::to_string(i)).reason(),
              reasons::INVALID_CREDENTIALS);
  }
  EXPECT_EQ(app_.Login("ada@example.org", "wrong", "198.51.100.99").reason(),
            reasons::RATE_LIMITED);
  EXPECT_EQ(sessions_.limits.Subjects("login_address"), 1u);
  EXPECT_EQ(sessions_.limits.Taken("login_address", "127.0.0.1"), 5);
}

TEST_F(LimitedFlows, NeverCountByWhatTheRequestSaysOfTheDevice) {
  for (int i = 0; i < 6; ++i) {
    v1::LoginRequest request;
    request.set_email("ada@example.org");
    request.set_password("wrong");
    request.mutable_device()->set_ip_address("198.51.100." + std::to_string(i));
    v1::LoginResponse response;
    const grpc::Status status = Call(&v1::AuthService::Stub::Login, request, &response);
    EXPECT_EQ(ReasonOf(status), i < 5 ? reasons::INVALID_CREDENTIALS : reasons::RATE_LIMITED);
  }
}

TEST_F(LimitedFlows, SessionsShowTheAddressThatATrustedGatewayNames) {
  ASSERT_TRUE(gateway_.Register("ada@example.org", "203.0.113.7, 2001:DB8:1:2::7").status.ok());
  EXPECT_EQ(AddressOfOnlySession(), "2001:db8:1:2::7");
}

TEST_F(LimitedFlows, SessionsShowThePeerOfWhoeverElseSendsTheHeader) {
  ASSERT_TRUE(app_.Register("ada@example.org", "192.0.2.1").status.ok());
  EXPECT_EQ(AddressOfOnlySession(), "127.0.0.1");
}

TEST_F(LimitedFlows, ASixthCodeOfOneChallengeIsRefused) {
  const Origin origin = From(kHome);
  for (int i = 0; i < 5; ++i) {
    const auto code = Wait(CountCode(*facade_, origin, ada_, "the challenge"));
    ASSERT_TRUE(code.ok()) << code.status();
    EXPECT_EQ(code->email(), "ada@example.org");
    Settled(origin, code->plan(), Verdict::kWrong);
  }
  const auto sixth = Wait(CountCode(*facade_, origin, ada_, "the challenge"));
  EXPECT_EQ(errors::ReasonOf(sixth.status()), reasons::RATE_LIMITED);
  EXPECT_EQ(errors::LimitOf(sixth.status())->policy, "second_factor");
  EXPECT_TRUE(Wait(CountCode(*facade_, origin, ada_, "another")).ok());
  EXPECT_EQ(sessions_.limits.Taken("account_lock", "ada@example.org"), 6);
  EXPECT_EQ(sessions_.limits.Taken("second_factor", "the challenge"), 0) << "a secret, in clear";
}

TEST_F(LimitedFlows, WhoFindsNoRoomToHashIsNotCounted) {
  const Origin origin = From(kHome);
  std::vector<absl::StatusOr<CountedPassword>> under_way;
  for (int i = 0;; ++i) {
    const auto account = *email::CanonicalEmail::Parse("a" + std::to_string(i) + "@example.org");
    under_way.push_back(Wait(CountPassword(*facade_, origin, account)));
    if (!under_way.back().ok()) break;
  }
  EXPECT_EQ(errors::ReasonOf(under_way.back().status()), reasons::OVERLOADED);
  EXPECT_EQ(under_way.size(), 33u);
  EXPECT_EQ(sessions_.limits.Taken("login_address", "192.0.2.1"), 32);
  EXPECT_TRUE(Wait(CountPassword(*facade_, From("198.51.100.1"), ada_)).ok());
  EXPECT_TRUE(Wait(CountCode(*facade_, origin, ada_, "a challenge")).ok()) << "hashes nothing";
  under_way.clear();
  EXPECT_TRUE(Wait(CountPassword(*facade_, origin, ada_)).ok());
}

TEST_F(LimitedFlows, ARightCodeGivesBackWhatItsPasswordTook) {
  const Origin origin = From(kHome);
  const auto password = Wait(CountPassword(*facade_, origin, ada_));
  ASSERT_TRUE(password.ok()) << password.status();
  Settled(origin, password->plan(), Verdict::kStepDone);
  const auto code = Wait(CountCode(*facade_, origin, ada_, "the challenge"));
  ASSERT_TRUE(code.ok()) << code.status();
  Settled(origin, code->plan(), Verdict::kRight);
  EXPECT_EQ(sessions_.limits.Taken("login_account", "ada@example.org 192.0.2.1"), 0);
  EXPECT_EQ(sessions_.limits.Taken("account_lock", "ada@example.org"), 0);
  EXPECT_EQ(sessions_.limits.Taken("login_address", "192.0.2.1"), 1);
}

TEST_F(LimitedFlows, WhoKnowsThePasswordHasNoCodesWithoutEnd) {
  int codes = 0;
  for (int login = 0; login < 50; ++login) {
    const Origin origin = From("198.51.100." + std::to_string(login));
    const auto password = Wait(CountPassword(*facade_, origin, ada_));
    if (!password.ok()) continue;
    Settled(origin, password->plan(), Verdict::kStepDone);
    for (int i = 0; i < 5; ++i) {
      const auto code =
          Wait(CountCode(*facade_, origin, ada_, "challenge " + std::to_string(login)));
      if (!code.ok()) continue;
      Settled(origin, code->plan(), Verdict::kWrong);
      ++codes;
    }
  }
  EXPECT_LT(codes, 20);
  EXPECT_GT(codes, 10);
}

TEST_F(LimitedFlows, AFourthResetOfAnAccountIsRefusedFromAnywhere) {
  for (int i = 0; i < 3; ++i) {
    const auto reset = Wait(CountReset(*facade_, From("198.51.100." + std::to_string(i)), ada_));
    ASSERT_TRUE(reset.ok()) << reset.status();
  }
  const auto fourth = Wait(CountReset(*facade_, From(kHome), ada_));
  EXPECT_EQ(errors::ReasonOf(fourth.status()), reasons::RATE_LIMITED);
  EXPECT_EQ(errors::LimitOf(fourth.status())->policy, "reset_account");
  const auto other = email::CanonicalEmail::Parse("bob@example.org").value();
  EXPECT_TRUE(Wait(CountReset(*facade_, From(kHome), other)).ok());
}

}  // namespace
}  // namespace tokenforge::auth::testing
