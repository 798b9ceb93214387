#include "lib/errors/errors.h"

#include <gtest/gtest.h>

#include "tokenforge/errors/v1/details.pb.h"

namespace tokenforge::errors {
namespace {

using std::chrono::milliseconds;

TEST(Errors, EveryReasonOfTheContractHasACodeOfItsGroup) {
  const google::protobuf::EnumDescriptor* reasons = v1::Reason_descriptor();
  for (int i = 0; i < reasons->value_count(); ++i) {
    const auto* value = reasons->value(i);
    if (value->number() == 0) continue;
    const absl::StatusCode code = CodeOf(static_cast<Reason>(value->number()));
    const bool internal = code == absl::StatusCode::kInternal;
    EXPECT_EQ(internal, value->name() == "INTERNAL_FAULT") << value->name();
  }
}

struct Expected {
  Reason reason;
  absl::StatusCode code;
};

TEST(Errors, CodesFollowTheContract) {
  const Expected table[] = {
      {reasons::WEAK_PASSWORD, absl::StatusCode::kInvalidArgument},
      {reasons::EMAIL_TAKEN, absl::StatusCode::kAlreadyExists},
      {reasons::CODE_INVALID, absl::StatusCode::kUnauthenticated},
      {reasons::ACCOUNT_DISABLED, absl::StatusCode::kPermissionDenied},
      {reasons::OVERLOADED, absl::StatusCode::kResourceExhausted},
      {reasons::MFA_NOT_ENABLED, absl::StatusCode::kFailedPrecondition},
      {reasons::KEY_NOT_ACKNOWLEDGED, absl::StatusCode::kFailedPrecondition},
      {reasons::TRUST_STALE, absl::StatusCode::kUnavailable},
      {reasons::NOT_FOUND, absl::StatusCode::kNotFound},
      {reasons::NOT_BUILT, absl::StatusCode::kUnimplemented},
      {reasons::DEADLINE_PASSED, absl::StatusCode::kDeadlineExceeded},
  };
  for (const Expected& row : table) {
    EXPECT_EQ(CodeOf(row.reason), row.code) << v1::Reason_Name(row.reason);
    EXPECT_EQ(Make(row.reason, "text").code(), row.code);
  }
}

TEST(Errors, MadeErrorTellsItsReasonAndNothingElse) {
  const absl::Status status = Make(reasons::EMAIL_TAKEN, "taken");
  EXPECT_EQ(status.message(), "taken");
  EXPECT_EQ(ReasonOf(status), reasons::EMAIL_TAKEN);
  EXPECT_TRUE(FaultsOf(status).empty());
  EXPECT_FALSE(RetryAfterOf(status).has_value());
}

TEST(Errors, ErrorOfAnotherOriginHasNoReason) {
  EXPECT_FALSE(ReasonOf(absl::InternalError("library")).has_value());
  EXPECT_FALSE(ReasonOf(absl::OkStatus()).has_value());
}

TEST(Errors, ReasonOfAnotherDomainIsNotOurs) {
  v1::ErrorInfo info;
  info.set_reason("EMAIL_TAKEN");
  info.set_domain("somebody.else");
  absl::Status status = absl::AlreadyExistsError("x");
  status.SetPayload("type.googleapis.com/google.rpc.ErrorInfo",
                    absl::Cord(info.SerializeAsString()));
  EXPECT_FALSE(ReasonOf(status).has_value());
}

TEST(Errors, UnparsablePayloadIsNoReason) {
  absl::Status status = absl::AlreadyExistsError("x");
  status.SetPayload("type.googleapis.com/google.rpc.ErrorInfo", absl::Cord("\xff\xff\xff"));
  EXPECT_FALSE(ReasonOf(status).has_value());
}

TEST(Errors, RetryDelaySurvivesToTheMillisecond) {
  const absl::Status status = MakeRetryable(reasons::RATE_LIMITED, "wait", milliseconds(61'007));
  EXPECT_EQ(RetryAfterOf(status), milliseconds(61'007));
  EXPECT_EQ(ReasonOf(status), reasons::RATE_LIMITED);
}

TEST(Errors, AllFaultsOfARequestComeAtOnceAndInOrder) {
  const absl::Status status =
      InvalidFields({{"email", "is missing"}, {"device.name", "is too long"}});
  EXPECT_EQ(status.code(), absl::StatusCode::kInvalidArgument);
  EXPECT_EQ(status.message(), "email: is missing; device.name: is too long");
  const auto faults = FaultsOf(status);
  ASSERT_EQ(faults.size(), 2u);
  EXPECT_EQ(faults[0].field, "email");
  EXPECT_EQ(faults[1].description, "is too long");
  EXPECT_EQ(ReasonOf(status), reasons::INVALID_FIELD);
  EXPECT_EQ(ReasonOf(InvalidFields({{"p", "short"}}, reasons::WEAK_PASSWORD)),
            reasons::WEAK_PASSWORD);
}

TEST(Errors, NoFaultIsNoError) { EXPECT_TRUE(InvalidFields({}).ok()); }

}  // namespace
}  // namespace tokenforge::errors
