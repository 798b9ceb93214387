#include "lib/rpc/status.h"

#include <google/protobuf/unknown_field_set.h>
#include <grpcpp/support/status.h>
#include <gtest/gtest.h>

#include <map>
#include <string>
#include <vector>

#include "lib/errors/errors.h"
#include "lib/telemetry/log.h"

namespace tokenforge::rpc {
namespace {

namespace reasons = errors::reasons;
using errors::Make;
using std::chrono::milliseconds;

// A message as a decoder that knows no type of ours sees it: field numbers and bytes.
class Wire {
 public:
  explicit Wire(const std::string& bytes) { good_ = fields_.ParseFromString(bytes); }
  bool good() const { return good_; }
  std::vector<std::string> Bytes(int number) const {
    std::vector<std::string> found;
    for (int i = 0; i < fields_.field_count(); ++i) {
      const auto& field = fields_.field(i);
      if (field.number() == number) found.push_back(field.length_delimited());
    }
    return found;
  }
  uint64_t Varint(int number) const {
    for (int i = 0; i < fields_.field_count(); ++i) {
      if (fields_.field(i).number() == number) return fields_.field(i).varint();
    }
    return 0;
  }

 private:
  google::protobuf::UnknownFieldSet fields_;
  bool good_ = false;
};

std::map<std::string, std::string> DetailsByUrl(const grpc::Status& status) {
  std::map<std::string, std::string> details;
  for (const std::string& any : Wire(status.error_details()).Bytes(3)) {
    details[Wire(any).Bytes(1).at(0)] = Wire(any).Bytes(2).at(0);
  }
  return details;
}

TEST(Status, OkIsOkInBothDirections) {
  EXPECT_TRUE(ToGrpc(absl::OkStatus()).ok());
  EXPECT_TRUE(FromGrpc(grpc::Status::OK).ok());
}

TEST(Status, WireHoldsGoogleRpcStatusWithErrorInfo) {
  const grpc::Status status = ToGrpc(Make(reasons::TOKEN_EXPIRED, "refresh"));
  EXPECT_EQ(status.error_code(), grpc::StatusCode::UNAUTHENTICATED);
  EXPECT_EQ(status.error_message(), "refresh");
  const Wire wire(status.error_details());
  ASSERT_TRUE(wire.good());
  EXPECT_EQ(wire.Varint(1), 16u);
  EXPECT_EQ(wire.Bytes(2).at(0), "refresh");
  const auto details = DetailsByUrl(status);
  ASSERT_EQ(details.size(), 1u);
  const Wire info(details.at("type.googleapis.com/google.rpc.ErrorInfo"));
  EXPECT_EQ(info.Bytes(1).at(0), "TOKEN_EXPIRED");
  EXPECT_EQ(info.Bytes(2).at(0), "tokenforge");
}

TEST(Status, WireHoldsRetryInfoAsASpan) {
  const auto details = DetailsByUrl(
      ToGrpc(errors::MakeRetryable(reasons::RATE_LIMITED, "wait", milliseconds(1500))));
  const Wire retry(details.at("type.googleapis.com/google.rpc.RetryInfo"));
  const Wire delay(retry.Bytes(1).at(0));
  EXPECT_EQ(delay.Varint(1), 1u);
  EXPECT_EQ(delay.Varint(2), 500'000'000u);
}

TEST(Status, WireHoldsEveryFieldFault) {
  const auto details =
      DetailsByUrl(ToGrpc(errors::InvalidFields({{"email", "missing"}, {"password", "short"}})));
  const Wire request(details.at("type.googleapis.com/google.rpc.BadRequest"));
  const auto violations = request.Bytes(1);
  ASSERT_EQ(violations.size(), 2u);
  EXPECT_EQ(Wire(violations[1]).Bytes(1).at(0), "password");
  EXPECT_EQ(Wire(violations[1]).Bytes(2).at(0), "short");
}

TEST(Status, RoundTripKeepsReasonFaultsAndRetry) {
  absl::Status status = errors::InvalidFields({{"email", "missing"}}, reasons::WEAK_PASSWORD);
  absl::Status back = FromGrpc(ToGrpc(status));
  EXPECT_EQ(back, status);
  status = errors::MakeRetryable(reasons::CIRCUIT_OPEN, "later", milliseconds(30'000));
  back = FromGrpc(ToGrpc(status));
  EXPECT_EQ(back, status);
  EXPECT_EQ(errors::RetryAfterOf(back), milliseconds(30'000));
}

TEST(Status, ErrorWithoutOurReasonTellsItsTextToTheLogOnly) {
  std::string log;
  telemetry::SetLogSink([&log](telemetry::Level, std::string_view line) { log += line; });
  const grpc::Status status = ToGrpc(absl::NotFoundError("table users, row 17"));
  telemetry::SetLogSink({});
  EXPECT_EQ(status.error_code(), grpc::StatusCode::INTERNAL);
  EXPECT_EQ(status.error_message().find("users"), std::string::npos);
  EXPECT_EQ(status.error_details().find("users"), std::string::npos);
  EXPECT_EQ(errors::ReasonOf(FromGrpc(status)), reasons::INTERNAL_FAULT);
  EXPECT_NE(log.find("table users, row 17"), std::string::npos);
}

TEST(Status, PayloadThatIsNotForCallersDoesNotLeave) {
  absl::Status status = Make(reasons::EMAIL_TAKEN, "taken");
  status.SetPayload("internal/trace", absl::Cord("stack of frames"));
  EXPECT_EQ(ToGrpc(status).error_details().find("stack of frames"), std::string::npos);
}

TEST(Status, AnswerStaysUnderTheLimitOfTrailers) {
  std::vector<errors::FieldFault> faults;
  for (int i = 0; i < 500; ++i) faults.push_back({"field" + std::to_string(i), "is wrong — ü"});
  const grpc::Status status = ToGrpc(errors::InvalidFields(faults));
  EXPECT_LT(status.error_message().size() * 3 + status.error_details().size() * 4 / 3, 8192u);
  const absl::Status back = FromGrpc(status);
  EXPECT_EQ(errors::ReasonOf(back), reasons::INVALID_FIELD);
  EXPECT_GT(errors::FaultsOf(back).size(), 10u);
}

struct Transport {
  grpc::StatusCode code;
  errors::Reason reason;
};

TEST(Status, TransportErrorsBecomeReasonsOfOurs) {
  const Transport table[] = {
      {grpc::StatusCode::UNAVAILABLE, reasons::DEPENDENCY_DOWN},
      {grpc::StatusCode::CANCELLED, reasons::DEPENDENCY_DOWN},
      {grpc::StatusCode::DEADLINE_EXCEEDED, reasons::DEADLINE_PASSED},
      {grpc::StatusCode::UNIMPLEMENTED, reasons::INTERNAL_FAULT},
      {grpc::StatusCode::UNKNOWN, reasons::INTERNAL_FAULT},
  };
  for (const Transport& row : table) {
    const absl::Status status =
        FromGrpc(grpc::Status(row.code, "ipv4:10.1.2.3:7444: connection refused"), "users");
    EXPECT_EQ(errors::ReasonOf(status), row.reason);
    EXPECT_NE(status.message().find("users"), absl::string_view::npos);
    EXPECT_EQ(status.message().find("10.1.2.3"), absl::string_view::npos);
  }
  EXPECT_TRUE(errors::RetryAfterOf(FromGrpc({grpc::StatusCode::UNAVAILABLE, ""})).has_value());
}

TEST(Status, ReasonThatDoesNotFitItsCodeIsNotBelieved) {
  const std::string details = ToGrpc(Make(reasons::ROLE_REQUIRED, "no")).error_details();
  const absl::Status status = FromGrpc(grpc::Status(grpc::StatusCode::NOT_FOUND, "no", details));
  EXPECT_EQ(errors::ReasonOf(status), reasons::INTERNAL_FAULT);
}

TEST(Status, DetailsThatDoNotParseAreIgnored) {
  const absl::Status status =
      FromGrpc(grpc::Status(grpc::StatusCode::UNAVAILABLE, "x", "\xff\xff junk"));
  EXPECT_EQ(errors::ReasonOf(status), reasons::DEPENDENCY_DOWN);
}

TEST(Status, TellsACancelledCallFromAServerThatIsDown) {
  const absl::Status cancelled = FromGrpc({grpc::StatusCode::CANCELLED, "CANCELLED"});
  const absl::Status down = FromGrpc({grpc::StatusCode::UNAVAILABLE, "connection refused"});
  EXPECT_TRUE(WasCancelled(cancelled));
  EXPECT_FALSE(WasCancelled(down));
  EXPECT_FALSE(WasCancelled(absl::OkStatus()));
  EXPECT_FALSE(WasCancelled(Make(reasons::DEPENDENCY_DOWN, "Redis is away")));
  EXPECT_EQ(errors::ReasonOf(cancelled), errors::ReasonOf(down));
  // A caller of ours must not be told that somebody else's call was cancelled.
  EXPECT_EQ(DetailsByUrl(ToGrpc(cancelled)), DetailsByUrl(ToGrpc(down)));
  EXPECT_FALSE(WasCancelled(FromGrpc(ToGrpc(cancelled))));
}

}  // namespace
}  // namespace tokenforge::rpc
