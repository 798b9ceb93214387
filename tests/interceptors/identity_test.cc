// Callers that share one connection never see each other's identity.
#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <thread>

#include "tests/interceptors/guarded_server.h"

namespace tokenforge::testing {
namespace {

#if defined(__SANITIZE_THREAD__)
constexpr int kCallsEach = 100;  // each of gRPC's own hand-overs costs a look at two stacks
#else
constexpr int kCallsEach = 3'400;  // 10,200 in all
#endif

const std::array<std::string, 3> kNames = {"ada", "bob", "eve"};

class OneConnection : public ::testing::TestWithParam<std::tuple<Api, Transport>> {
 protected:
  OneConnection() : server_(std::get<0>(GetParam()), std::get<1>(GetParam())) {}
  GuardedServer server_;
};

std::string NameOf(const ::testing::TestParamInfo<std::tuple<Api, Transport>>& instance) {
  const auto [api, transport] = instance.param;
  return std::string(api == Api::kSync ? "Sync" : "Callback") +
         (transport == Transport::kMtls ? "Mtls" : "Plaintext");
}

INSTANTIATE_TEST_SUITE_P(Servers, OneConnection,
                         ::testing::Combine(::testing::Values(Api::kSync, Api::kCallback),
                                            ::testing::Values(Transport::kPlaintext,
                                                              Transport::kMtls)),
                         NameOf);

// One caller: many calls, each of which must be answered to its own name. Every third one is
// anonymous.
int CallMany(v1::Calls::Stub& stub, const std::string& name, const std::string& token) {
  int mixed = 0;
  for (int i = 0; i < kCallsEach; ++i) {
    const bool open = i % 3 == 2;
    grpc::ClientContext context;
    if (!open) context.AddMetadata("authorization", "Bearer " + token);
    v1::Ask ask;
    ask.set_text(name + std::to_string(i));
    v1::Answer answer;
    const grpc::Status status =
        open ? stub.Open(&context, ask, &answer) : stub.Unary(&context, ask, &answer);
    const std::string expected = open ? "" : name;
    if (!status.ok() || answer.subject() != expected || answer.text() != ask.text()) ++mixed;
    if (!open && answer.session_id() != "s-" + name) ++mixed;
  }
  return mixed;
}

TEST_P(OneConnection, ThreeCallersInterleavedAreNeverMixedUp) {
  const auto channel = server_.Channel();
  v1::Calls::Stub stub(channel);
  std::atomic<int> mixed = 0;
  {
    std::vector<std::jthread> callers;
    for (const std::string& name : kNames) {
      callers.emplace_back(
          [&, name, token = server_.tokens().For(name)] { mixed += CallMany(stub, name, token); });
    }
  }
  EXPECT_EQ(mixed, 0);
}

TEST_P(OneConnection, StreamsKeepTheCallerThatOpenedThem) {
  const auto channel = server_.Channel();
  v1::Calls::Stub stub(channel);
  std::vector<std::unique_ptr<grpc::ClientContext>> contexts;
  std::vector<std::unique_ptr<grpc::ClientReaderWriter<v1::Ask, v1::Answer>>> streams;
  for (const std::string& name : kNames) {
    contexts.push_back(std::make_unique<grpc::ClientContext>());
    contexts.back()->AddMetadata("authorization", "Bearer " + server_.tokens().For(name));
    streams.push_back(stub.Bidi(contexts.back().get()));
  }
  for (int round = 0; round < 100; ++round) {
    for (std::size_t i = 0; i < streams.size(); ++i) {
      v1::Ask ask;
      ask.set_text(std::to_string(round));
      v1::Answer answer;
      ASSERT_TRUE(streams[i]->Write(ask) && streams[i]->Read(&answer));
      ASSERT_EQ(answer.subject(), kNames[i]);
    }
  }
  for (auto& stream : streams) {
    stream->WritesDone();
    EXPECT_TRUE(stream->Finish().ok());
  }
}

TEST_P(OneConnection, ARefusedCallLeavesNothingForTheNext) {
  const auto channel = server_.Channel();
  const std::string good = server_.tokens().For("ada");
  const std::string bad = server_.tokens().Forged();
  for (int i = 0; i < kCallsEach / 34; ++i) {
    ASSERT_TRUE(CallOn(channel, Kind::kUnary, Bearer(good), "").status.ok());
    ASSERT_FALSE(CallOn(channel, Kind::kUnary, Bearer(bad), "").status.ok());
    ASSERT_FALSE(CallOn(channel, Kind::kUnary, {}, "").status.ok());
  }
}

}  // namespace
}  // namespace tokenforge::testing
