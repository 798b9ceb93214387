// Watch over a real server in this process, of a number that changes.
#include "lib/rpc/watch_stream.h"

#include <grpcpp/grpcpp.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <atomic>
#include <future>
#include <memory>
#include <string>

#include "lib/errors/errors.h"
#include "lib/rpc/status.h"
#include "lib/sync/hand_over.h"
#include "tokenforge/keys/v1/keys.grpc.pb.h"

namespace tokenforge::rpc::testing {
namespace {

namespace reasons = errors::reasons;
using keys::v1::WatchJwksRequest;
using keys::v1::WatchJwksResponse;

// A number; Set is news of it.
class Number final : public sync::Watched {
 public:
  void Set(std::uint64_t value) {
    value_ = value;
    Tell();
  }
  std::uint64_t value() const { return value_; }

 private:
  std::atomic<std::uint64_t> value_ = 0;
};

// WatchJwks sends the number as a version, each time that it has grown, with as many bytes as
// asked.
class NumberService final : public keys::v1::KeyService::CallbackService {
 public:
  explicit NumberService(Number* number) : number_(*number) { sync::HandOver(this); }
  ~NumberService() override { sync::TakeOver(this); }  // the server has shut down
  grpc::ServerWriteReactor<WatchJwksResponse>* WatchJwks(grpc::CallbackServerContext*,
                                                         const WatchJwksRequest* request) override {
    const sync::Visit visit(this);
    const std::shared_ptr<void> watch(nullptr, [this](void*) {
      gone.set_value();
      sync::HandOver(this);  // to whoever ends the service
    });
    return Watch<WatchJwksResponse>(&number_, [this, watch, known = request->known_version()](
                                                  WatchJwksResponse& message) mutable {
      EXPECT_EQ(message.ByteSizeLong(), 0U) << "a message comes empty";
      const std::uint64_t now = number_.value();
      if (now <= known) return false;
      known = now;
      if (++made == 1) first_made.set_value();
      message.set_version(now);
      message.set_jwks(std::string(bytes, 'x'));
      return true;
    });
  }
  std::atomic<int> made = 0;
  size_t bytes = 0;
  std::promise<void> first_made;
  std::promise<void> gone;  // of the first stream's `next`

 private:
  Number& number_;
};

struct Stream {
  grpc::ClientContext context;
  std::unique_ptr<grpc::ClientReader<WatchJwksResponse>> reader;

  std::uint64_t Next() {
    WatchJwksResponse message;
    return reader->Read(&message) ? message.version() : 0;
  }
  absl::Status End() { return FromGrpc(reader->Finish()); }
};

class WatchStreamTest : public ::testing::Test {
 protected:
  WatchStreamTest() {
    grpc::ServerBuilder builder;
    int port = 0;
    builder.AddListeningPort("localhost:0", grpc::InsecureServerCredentials(), &port);
    builder.RegisterService(&service_);
    server_ = builder.BuildAndStart();
    stub_ = keys::v1::KeyService::NewStub(grpc::CreateChannel(
        "dns:///localhost:" + std::to_string(port), grpc::InsecureChannelCredentials()));
  }
  ~WatchStreamTest() override {
    number_.Drain();
    server_->Shutdown();
  }
  std::unique_ptr<Stream> Open(std::uint64_t known = 0) {
    auto stream = std::make_unique<Stream>();
    stream->context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(600));
    WatchJwksRequest request;
    request.set_known_version(known);
    stream->reader = stub_->WatchJwks(&stream->context, request);
    return stream;
  }

  Number number_;
  NumberService service_{&number_};
  std::unique_ptr<grpc::Server> server_;
  std::unique_ptr<keys::v1::KeyService::Stub> stub_;
};

TEST_F(WatchStreamTest, SendsWhatIsThereAndThenWhatIsNew) {
  number_.Set(1);
  const auto stream = Open();
  EXPECT_EQ(stream->Next(), 1U);
  number_.Tell();  // nothing to say
  number_.Set(2);
  EXPECT_EQ(stream->Next(), 2U);
  EXPECT_EQ(service_.made, 2);
}

TEST_F(WatchStreamTest, ClientThatDoesNotReadSkipsStepsAndMissesNotTheLast) {
  service_.bytes = 1 << 20;  // more than the transport takes for a client that does not read
  number_.Set(1);
  const auto stream = Open();
  ASSERT_EQ(stream->Next(), 1U);
  for (std::uint64_t value = 2; value <= 1000; ++value) number_.Set(value);
  EXPECT_LT(service_.made, 100);
  std::uint64_t last = 1;
  while (last < 1000) {
    const std::uint64_t next = stream->Next();
    ASSERT_GT(next, last);
    last = next;
  }
}

TEST_F(WatchStreamTest, DrainingLetsTheMessageOnItsWayArriveAndEndsTheStream) {
  service_.bytes = 1 << 20;
  number_.Set(1);
  const auto stream = Open();
  // Only a client that waits for something moves its connection on.
  auto first = std::async(std::launch::async, [&] { return stream->Next(); });
  service_.first_made.get_future().wait();
  number_.Drain();
  number_.Set(2);
  EXPECT_EQ(first.get(), 1U);
  EXPECT_EQ(stream->Next(), 0U);
  const absl::Status end = stream->End();
  EXPECT_EQ(end.code(), absl::StatusCode::kUnavailable);
  EXPECT_EQ(errors::ReasonOf(end), reasons::DRAINING);
  EXPECT_TRUE(errors::RetryAfterOf(end).has_value());
  EXPECT_EQ(service_.made, 1);
}

TEST_F(WatchStreamTest, NoStreamBeginsWhileTheProcessEnds) {
  number_.Set(1);
  number_.Drain();
  const auto stream = Open();
  EXPECT_EQ(stream->Next(), 0U);
  EXPECT_EQ(errors::ReasonOf(stream->End()), reasons::DRAINING);
  EXPECT_EQ(service_.made, 0);
}

TEST_F(WatchStreamTest, ClientThatGoesAwayIsForgotten) {
  number_.Set(1);
  const auto stream = Open();
  ASSERT_EQ(stream->Next(), 1U);
  stream->context.TryCancel();
  EXPECT_FALSE(stream->End().ok());
  service_.gone.get_future().wait();
  number_.Set(2);  // nobody to tell
  EXPECT_EQ(service_.made, 1);
}

}  // namespace
}  // namespace tokenforge::rpc::testing
