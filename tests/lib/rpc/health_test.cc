#include "lib/rpc/health.h"

#include <grpcpp/create_channel.h>
#include <grpcpp/grpcpp.h>
#include <grpcpp/impl/client_unary_call.h>
#include <gtest/gtest.h>

#include <string>

#include "lib/errors/errors.h"
#include "lib/rpc/channel.h"
#include "tests/lib/rpc/certs.h"
#include "tests/lib/rpc/key_server.h"

namespace tokenforge::rpc::testing {
namespace {

namespace reasons = errors::reasons;
using std::chrono::seconds;
using std::string_literals::operator""s;

grpc::ByteBuffer Buffer(const std::string& bytes) {
  const grpc::Slice slice(bytes);
  return grpc::ByteBuffer(&slice, 1);
}
std::string Bytes(const grpc::ByteBuffer& buffer) {
  grpc::Slice slice;
  return buffer.DumpToSingleSlice(&slice).ok()
             ? std::string(reinterpret_cast<const char*>(slice.begin()), slice.size())
             : "";
}

const std::string kServing = "\x08\x01"s;
const std::string kNotServing = "\x08\x02"s;
const std::string kServiceUnknown = "\x08\x03"s;

class HealthTest : public ::testing::Test {
 protected:
  struct Checked {
    grpc::Status status;
    std::string response;
  };
  Checked Check(const std::string& request) {
    grpc::ClientContext context;
    grpc::ByteBuffer response;
    Checked checked;
    checked.status = grpc::internal::BlockingUnaryCall<grpc::ByteBuffer, grpc::ByteBuffer>(
        channel_.get(),
        grpc::internal::RpcMethod("/grpc.health.v1.Health/Check",
                                  grpc::internal::RpcMethod::NORMAL_RPC),
        &context, Buffer(request), &response);
    checked.response = Bytes(response);
    return checked;
  }
  using Reader = std::unique_ptr<grpc::ClientReader<grpc::ByteBuffer>>;
  Reader Watch(grpc::ClientContext& context, const std::string& request = "") {
    return Reader(grpc::internal::ClientReaderFactory<grpc::ByteBuffer>::Create(
        channel_.get(),
        grpc::internal::RpcMethod("/grpc.health.v1.Health/Watch",
                                  grpc::internal::RpcMethod::SERVER_STREAMING),
        &context, Buffer(request)));
  }
  static std::string Next(const Reader& reader) {
    grpc::ByteBuffer message;
    return reader->Read(&message) ? Bytes(message) : "ended";
  }

  Health health_{{"tokenforge.keys.v1.KeyService"}};
  KeyServer server_{grpc::InsecureServerCredentials(), health_.service()};
  std::shared_ptr<grpc::Channel> channel_ =
      grpc::CreateChannel(server_.target(), grpc::InsecureChannelCredentials());
};

TEST_F(HealthTest, CheckFollowsReadiness) {
  EXPECT_EQ(Check("").response, kNotServing);
  health_.SetServing(true);
  EXPECT_EQ(Check("").response, kServing);
  EXPECT_EQ(Check("\x0a\x1dtokenforge.keys.v1.KeyService").response, kServing);
  health_.SetServing(false);
  EXPECT_EQ(Check("").response, kNotServing);
}

TEST_F(HealthTest, CheckOfAForeignServiceIsNotFound) {
  EXPECT_EQ(Check("\x0a\x05other").status.error_code(), grpc::StatusCode::NOT_FOUND);
}

TEST_F(HealthTest, MalformedRequestIsRefused) {
  EXPECT_EQ(Check("\xff\xff\xff\xff").status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
  EXPECT_EQ(Check("\x08\x01").status.error_code(), grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(HealthTest, WatchTellsEachChangeAndEndsOnDrain) {
  grpc::ClientContext context;
  const Reader reader = Watch(context);
  EXPECT_EQ(Next(reader), kNotServing);
  health_.SetServing(true);
  EXPECT_EQ(Next(reader), kServing);
  health_.SetServing(false);
  EXPECT_EQ(Next(reader), kNotServing);
  health_.EndWatches();
  EXPECT_EQ(Next(reader), "ended");
  EXPECT_EQ(errors::ReasonOf(FromGrpc(reader->Finish())), reasons::DRAINING);
  grpc::ClientContext late;
  const Reader refused = Watch(late);
  EXPECT_EQ(Next(refused), "ended");
  EXPECT_EQ(errors::ReasonOf(FromGrpc(refused->Finish())), reasons::DRAINING);
}

TEST_F(HealthTest, WatchOfAForeignServiceSaysUnknownAndStaysOpen) {
  grpc::ClientContext context;
  const Reader reader = Watch(context, "\x0a\x05other");
  EXPECT_EQ(Next(reader), kServiceUnknown);
  health_.EndWatches();
  EXPECT_EQ(Next(reader), "ended");
  reader->Finish();
}

TEST_F(HealthTest, WatchThatItsClientCancelsIsForgotten) {
  grpc::ClientContext context;
  const Reader reader = Watch(context);
  EXPECT_EQ(Next(reader), kNotServing);
  context.TryCancel();
  EXPECT_EQ(reader->Finish().error_code(), grpc::StatusCode::CANCELLED);
  health_.SetServing(true);  // nobody to tell
}

TEST(Channel, ServiceConfigNamesIdempotentMethodsOnly) {
  const std::string json = ServiceConfigJson({.idempotent_methods = {"a.b.C/Get", "a.b.C/List"}});
  EXPECT_NE(
      json.find(R"([{"service":"a.b.C","method":"Get"},{"service":"a.b.C","method":"List"}])"),
      std::string::npos);
  EXPECT_NE(json.find(R"("retryableStatusCodes":["UNAVAILABLE","CANCELLED"])"), std::string::npos);
  EXPECT_NE(json.find(R"("healthCheckConfig":{"serviceName":""})"), std::string::npos);
  EXPECT_EQ(ServiceConfigJson({.health_checking = false}),
            R"({"loadBalancingConfig":[{"round_robin":{}}]})");
}

class ChannelTest : public ::testing::Test {
 protected:
  std::shared_ptr<grpc::Channel> Open(const KeyServer& server, const ChannelOptions& options) {
    const auto channel = Connect(server.target(), web_, "/keys", options);
    EXPECT_TRUE(channel.ok()) << channel.status();
    return *channel;
  }
  Certs certs_;
  TlsFiles keys_ = certs_.MakeFor("spiffe://example.org/keys");
  TlsFiles web_ = certs_.MakeFor("spiffe://example.org/web");
};

// Answers UNAVAILABLE `failures` times, then OK.
FakeKeys::OnJwks FailFirst(std::shared_ptr<std::atomic<int>> failures) {
  return [failures](grpc::CallbackServerContext* context, const GetJwksRequest*, GetJwksResponse*) {
    const bool fail = failures->fetch_sub(1) > 0;
    return Answer(context, fail ? errors::Make(reasons::DRAINING, "elsewhere") : absl::OkStatus());
  };
}

TEST_F(ChannelTest, IdempotentMethodIsTriedAgain) {
  KeyServer server(keys_);
  server.keys.on_jwks = FailFirst(std::make_shared<std::atomic<int>>(2));
  const auto channel = Open(
      server,
      {.idempotent_methods = {"tokenforge.keys.v1.KeyService/GetJwks"}, .health_checking = false});
  EXPECT_TRUE(GetJwks(channel).status.ok());
  EXPECT_EQ(server.keys.calls, 3);
}

TEST_F(ChannelTest, OtherMethodsAreSentOnce) {
  KeyServer server(keys_);
  server.keys.on_jwks = FailFirst(std::make_shared<std::atomic<int>>(1));
  const auto channel = Open(
      server,
      {.idempotent_methods = {"tokenforge.keys.v1.KeyService/ListKeys"}, .health_checking = false});
  EXPECT_EQ(errors::ReasonOf(FromGrpc(GetJwks(channel).status)), reasons::DRAINING);
  EXPECT_EQ(server.keys.calls, 1);
}

TEST_F(ChannelTest, ServerThatIsNotServingGetsNoCalls) {
  Health health;
  KeyServer server(*ServerTls(keys_), health.service());
  const auto channel = Open(server, {});
  EXPECT_EQ(GetJwks(channel).status.error_code(), grpc::StatusCode::UNAVAILABLE);
  EXPECT_EQ(server.keys.calls, 0);
  health.SetServing(true);
  ASSERT_TRUE(channel->WaitForConnected(std::chrono::system_clock::now() + seconds(30)));
  EXPECT_TRUE(GetJwks(channel).status.ok());
  health.EndWatches();
}

TEST_F(ChannelTest, BadSettingsAreRefusedByName) {
  EXPECT_FALSE(Connect("localhost:1", web_, "keys").ok());
  EXPECT_FALSE(Connect("localhost:1", {}, "/keys").ok());
  const auto bad = Connect("localhost:1", web_, "/keys", {.idempotent_methods = {R"(a/b"})"}});
  EXPECT_NE(bad.status().message().find("full method name"), absl::string_view::npos);
}

}  // namespace
}  // namespace tokenforge::rpc::testing
