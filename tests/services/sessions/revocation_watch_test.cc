// WatchRevocations over gRPC: snapshots, changes, signs of life, and the end.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <atomic>
#include <string>
#include <thread>
#include <vector>

#include "tests/services/sessions/session_service_fixture.h"

namespace tokenforge::sessions {
namespace {

using std::chrono::minutes;
using std::chrono::seconds;
using ::testing::IsEmpty;
using ::testing::SizeIs;
namespace reasons = errors::reasons;

class WatchTest : public SessionServiceTest {
 protected:
  std::unique_ptr<grpc::ClientReader<v1::WatchRevocationsResponse>> Watch(
      const std::string& cursor) {
    contexts_.push_back(std::make_unique<grpc::ClientContext>());
    contexts_.back()->set_deadline(std::chrono::system_clock::now() + seconds(60));
    v1::WatchRevocationsRequest request;
    request.set_cursor(cursor);
    return stub_->WatchRevocations(contexts_.back().get(), request);
  }
  void Revoke(const std::string& session) {
    v1::RevokeSessionRequest request;
    request.set_user_id(user_);
    request.set_session_id(session);
    v1::RevokeSessionResponse response;
    ASSERT_TRUE(Call(&v1::SessionService::Stub::RevokeSession, request, &response).ok());
  }
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts_;
};

TEST_F(WatchTest, TellsASnapshotThenEachChangeAndGoesOnFromACursor) {
  const std::string first = Create(user_).session().session_id();
  const std::string second = Create(user_).session().session_id();
  Revoke(first);
  const auto reader = Watch("");
  v1::WatchRevocationsResponse message;
  ASSERT_TRUE(reader->Read(&message));
  EXPECT_TRUE(message.snapshot());
  ASSERT_THAT(message.revocations(), SizeIs(1));
  EXPECT_EQ(message.revocations(0).session_id(), first);
  const std::string cursor = message.cursor();
  Revoke(second);
  ASSERT_TRUE(reader->Read(&message));
  EXPECT_FALSE(message.snapshot());
  ASSERT_THAT(message.revocations(), SizeIs(1));
  EXPECT_EQ(message.revocations(0).session_id(), second);
  const auto later = Watch(cursor);
  ASSERT_TRUE(later->Read(&message));
  EXPECT_FALSE(message.snapshot());
  EXPECT_THAT(message.revocations(), SizeIs(1));
  const auto latest = Watch(message.cursor());
  ASSERT_TRUE(latest->Read(&message)) << "says hello although there is nothing new";
  EXPECT_THAT(message.revocations(), IsEmpty());
}

TEST_F(WatchTest, TheftIsHeardByWatchers) {
  const auto reader = Watch("");
  v1::WatchRevocationsResponse message;
  ASSERT_TRUE(reader->Read(&message));
  const std::string first = Create(user_).refresh_token().refresh_token();
  v1::RotateRefreshTokenResponse rotated;
  ASSERT_TRUE(Rotate(first, &rotated).ok());
  clock_.Advance(minutes(1));
  EXPECT_EQ(ReasonOfRotating(first), reasons::REFRESH_TOKEN_REUSED);
  ASSERT_TRUE(reader->Read(&message));
  EXPECT_THAT(message.revocations(), SizeIs(2));
}

TEST_F(WatchTest, APulseIsAnEmptyMessage) {
  const auto reader = Watch("");
  v1::WatchRevocationsResponse message;
  ASSERT_TRUE(reader->Read(&message));
  feed_.Pulse();
  ASSERT_TRUE(reader->Read(&message));
  EXPECT_FALSE(message.snapshot());
  EXPECT_THAT(message.revocations(), IsEmpty());
  EXPECT_FALSE(message.cursor().empty());
}

TEST_F(WatchTest, ALongSnapshotComesInParts) {
  std::vector<Revocation> many;
  const Time end = Time(seconds(1'800'000'000)) + minutes(1);
  for (int i = 0; i < 5000; ++i) {
    many.push_back({Revocation::Kind::kToken, "jti " + std::to_string(i), Time(), end});
  }
  feed_.Apply(many, Time(seconds(1'800'000'000)));
  const auto reader = Watch("");
  v1::WatchRevocationsResponse message;
  int heard = 0;
  int messages = 0;
  while (heard < 5000 && reader->Read(&message)) {
    EXPECT_EQ(message.snapshot(), messages == 0);
    heard += message.revocations_size();
    ++messages;
  }
  EXPECT_EQ(heard, 5000);
  EXPECT_EQ(messages, 3);
}

TEST_F(WatchTest, DrainingEndsTheStreamAndRefusesTheNext) {
  const auto reader = Watch("");
  v1::WatchRevocationsResponse message;
  ASSERT_TRUE(reader->Read(&message));
  feed_.Drain();
  EXPECT_FALSE(reader->Read(&message));
  EXPECT_EQ(errors::ReasonOf(rpc::FromGrpc(reader->Finish())), reasons::DRAINING);
  const auto next = Watch(message.cursor());
  EXPECT_FALSE(next->Read(&message));
  EXPECT_EQ(errors::ReasonOf(rpc::FromGrpc(next->Finish())), reasons::DRAINING);
}

TEST_F(WatchTest, ManyWatchersComeAndGoWhileRevocationsFly) {
  std::atomic<bool> stop = false;
  std::thread revoker([&] {
    for (int i = 0; !stop; ++i) {
      const Revocation one{Revocation::Kind::kToken, std::to_string(i), Time(),
                           Time(seconds(1'900'000'000))};
      feed_.Apply(std::span(&one, 1), Time(seconds(1'800'000'000)));
    }
  });
  for (int round = 0; round < 50; ++round) {
    grpc::ClientContext context;
    const v1::WatchRevocationsRequest request;
    const auto reader = stub_->WatchRevocations(&context, request);
    v1::WatchRevocationsResponse message;
    for (int i = 0; i < 3; ++i) ASSERT_TRUE(reader->Read(&message));
    context.TryCancel();
    while (reader->Read(&message)) {
    }
    EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  }
  stop = true;
  revoker.join();
}

}  // namespace
}  // namespace tokenforge::sessions
