#include "lib/otlp/collector.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <gtest/gtest.h>

#include <future>
#include <thread>

#include "tests/lib/otlp/receiver.h"
#include "tokenforge/errors/v1/details.pb.h"

namespace tokenforge::otlp {
namespace {

using grpc::StatusCode;
using std::chrono::milliseconds;
using std::chrono::minutes;
using testing::Receiver;

std::string RetryAfter(std::int64_t seconds) {
  errors::v1::RetryInfo retry;
  retry.mutable_retry_delay()->set_seconds(seconds);
  errors::v1::RpcStatus details;
  auto* const any = details.add_details();
  any->set_type_url("type.googleapis.com/google.rpc.RetryInfo");
  any->set_value(retry.SerializeAsString());
  return details.SerializeAsString();
}

Verdict::Kind KindOf(StatusCode code, const std::string& details = {}) {
  return VerdictOf(grpc::Status(code, "", details)).kind;
}

TEST(VerdictOf, SendsAgainWhatMayBeTakenLater) {
  for (const StatusCode code :
       {StatusCode::CANCELLED, StatusCode::DEADLINE_EXCEEDED, StatusCode::ABORTED,
        StatusCode::OUT_OF_RANGE, StatusCode::UNAVAILABLE, StatusCode::DATA_LOSS}) {
    EXPECT_EQ(KindOf(code), Verdict::kAgain) << code;
  }
}

TEST(VerdictOf, GivesUpWhatNeverWillBe) {
  for (const StatusCode code :
       {StatusCode::UNKNOWN, StatusCode::INVALID_ARGUMENT, StatusCode::NOT_FOUND,
        StatusCode::PERMISSION_DENIED, StatusCode::FAILED_PRECONDITION, StatusCode::UNIMPLEMENTED,
        StatusCode::INTERNAL, StatusCode::UNAUTHENTICATED}) {
    EXPECT_EQ(KindOf(code), Verdict::kRefused) << code;
  }
}

TEST(VerdictOf, BelievesACollectorThatIsFullOnlyIfItSaysWhenItIsNot) {
  EXPECT_EQ(KindOf(StatusCode::RESOURCE_EXHAUSTED), Verdict::kRefused);
  const Verdict verdict = VerdictOf({StatusCode::RESOURCE_EXHAUSTED, "", RetryAfter(3)});
  EXPECT_EQ(verdict.kind, Verdict::kAgain);
  EXPECT_EQ(verdict.not_before, std::chrono::seconds(3));
}

TEST(VerdictOf, CutsWishesAndTextsOfAStranger) {
  EXPECT_EQ(VerdictOf({StatusCode::UNAVAILABLE, "", RetryAfter(1'000'000'000'000)}).not_before,
            minutes(1));
  EXPECT_EQ(VerdictOf({StatusCode::UNAVAILABLE, "", RetryAfter(-5)}).not_before, milliseconds(0));
  EXPECT_EQ(VerdictOf({StatusCode::UNAVAILABLE, "", "no details"}).not_before, milliseconds(0));
  EXPECT_LE(VerdictOf({StatusCode::INTERNAL, std::string(10'000, 'x')}).detail.size(), 256u);
}

class CollectorTest : public ::testing::Test {
 protected:
  std::unique_ptr<Collector> Dial(const Receiver& receiver) {
    return CollectorAt(grpc::CreateChannel("127.0.0.1:" + std::to_string(receiver.port()),
                                           grpc::InsecureChannelCredentials()));
  }
  v1::ExportRequest request_;
};

TEST_F(CollectorTest, IsAskedByThePublicMethod) {
  const Receiver receiver;
  auto* const span = request_.add_resource_spans()->add_scope_spans()->add_spans();
  span->set_name("a");
  EXPECT_EQ(Dial(receiver)->Send(request_, minutes(1)).kind, Verdict::kTaken);
  ASSERT_EQ(receiver.All().size(), 1u);
  EXPECT_EQ(receiver.All()[0].span.name(), "a");
}

TEST_F(CollectorTest, MayTakeAPart) {
  Receiver receiver;
  receiver.SetAnswer([](const auto&, v1::ExportResponse* response) {
    response->mutable_partial_success()->set_rejected_spans(2);
    response->mutable_partial_success()->set_error_message("too old");
    return grpc::Status::OK;
  });
  const Verdict verdict = Dial(receiver)->Send(request_, minutes(1));
  EXPECT_EQ(verdict.kind, Verdict::kTaken);
  EXPECT_EQ(verdict.rejected, 2);
  EXPECT_EQ(verdict.detail, "too old");
}

TEST_F(CollectorTest, ThatIsAwayIsToBeAskedAgain) {
  auto receiver = std::make_unique<Receiver>();
  const auto collector = Dial(*receiver);
  receiver.reset();
  EXPECT_EQ(collector->Send(request_, minutes(1)).kind, Verdict::kAgain);
}

TEST_F(CollectorTest, CanBeLetGoWhileItHangs) {
  Receiver receiver;
  std::promise<void> asked, released;
  receiver.SetAnswer([&](const auto&, auto*) {
    asked.set_value();
    released.get_future().wait();
    return grpc::Status::OK;
  });
  const auto collector = Dial(receiver);
  std::thread canceller([&] {
    asked.get_future().wait();
    collector->Cancel();
  });
  EXPECT_EQ(collector->Send(request_, minutes(10)).kind, Verdict::kAgain);
  EXPECT_EQ(collector->Send(request_, minutes(10)).kind, Verdict::kAgain) << "and every later one";
  canceller.join();
  released.set_value();
}

}  // namespace
}  // namespace tokenforge::otlp
