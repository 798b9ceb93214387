#include "tests/interceptors/guarded_server.h"

#include <grpcpp/generic/generic_stub.h>

#include "lib/rpc/status.h"

namespace tokenforge::testing {
namespace {

using Stub = v1::Calls::Stub;

void Prepare(grpc::ClientContext& context, const Metadata& metadata) {
  for (const auto& [name, value] : metadata) context.AddMetadata(name, value);
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
}

void Finish(grpc::ClientContext& context, grpc::Status status, Outcome& outcome) {
  outcome.status = std::move(status);
  const auto copy = [](const auto& from, auto& to) {
    for (const auto& [name, value] : from) {
      to.emplace(std::string(name.data(), name.size()), std::string(value.data(), value.size()));
    }
  };
  copy(context.GetServerInitialMetadata(), outcome.initial);
  copy(context.GetServerTrailingMetadata(), outcome.trailing);
}

Outcome Unary(Stub& stub, grpc::ClientContext& context, const v1::Ask& ask) {
  Outcome outcome;
  v1::Answer answer;
  grpc::Status status = stub.Unary(&context, ask, &answer);
  if (status.ok()) outcome.answers.push_back(answer);
  Finish(context, status, outcome);
  return outcome;
}

Outcome ClientStream(Stub& stub, grpc::ClientContext& context, const v1::Ask& ask) {
  Outcome outcome;
  v1::Answer answer;
  auto stream = stub.ClientStream(&context, &answer);
  stream->Write(ask);
  stream->WritesDone();
  grpc::Status status = stream->Finish();
  if (status.ok()) outcome.answers.push_back(answer);
  Finish(context, status, outcome);
  return outcome;
}

Outcome ServerStream(Stub& stub, grpc::ClientContext& context, const v1::Ask& ask) {
  Outcome outcome;
  auto stream = stub.ServerStream(&context, ask);
  for (v1::Answer answer; stream->Read(&answer);) outcome.answers.push_back(answer);
  Finish(context, stream->Finish(), outcome);
  return outcome;
}

Outcome Bidi(Stub& stub, grpc::ClientContext& context, const v1::Ask& ask) {
  Outcome outcome;
  auto stream = stub.Bidi(&context);
  stream->Write(ask);
  stream->WritesDone();
  for (v1::Answer answer; stream->Read(&answer);) outcome.answers.push_back(answer);
  Finish(context, stream->Finish(), outcome);
  return outcome;
}

}  // namespace

errors::Reason Outcome::reason() const {
  return errors::ReasonOf(rpc::FromGrpc(status)).value_or(errors::reasons::REASON_UNSPECIFIED);
}

std::string Outcome::Trailer(const std::string& name) const {
  const auto found = trailing.find(name);
  return found == trailing.end() ? std::string() : found->second;
}

Metadata Bearer(const std::string& token) { return {{"authorization", "Bearer " + token}}; }

rpc::TlsFiles TestTls(const std::string& name) {
  static rpc::testing::Certs certs;
  static std::map<std::string, rpc::TlsFiles> made;
  if (!made.contains(name)) made[name] = certs.MakeFor("spiffe://example.org/" + name);
  return made[name];
}

GuardedServer::GuardedServer(Api api, Transport transport, GuardOptions options)
    : tokens_(clock_), transport_(transport) {
  TrustOptions trust_options;
  trust_options.clock = &clock_;
  trust_ = std::make_shared<Trust>(trust_options);
  const absl::Status published = trust_->PublishKeys(tokens_.Jwks());
  if (!published.ok()) throw std::runtime_error(published.ToString());
  options.issuer = kIssuer;
  options.audiences = {kAudience};
  options.trust = trust_;
  options.trust_domain = "example.org";
  guard_ = std::make_unique<Guard>(std::move(options));
  if (api == Api::kSync) {
    guard_->Protect<v1::Calls>(&sync_);
  } else {
    guard_->Protect<v1::Calls>(&callback_);
  }
  grpc::ServerBuilder builder;
  std::shared_ptr<grpc::ServerCredentials> credentials = grpc::InsecureServerCredentials();
  if (transport == Transport::kMtls) credentials = rpc::ServerTls(TestTls("notes")).value();
  builder.AddListeningPort("127.0.0.1:0", credentials, &port_);
  auto server = guard_->Start(builder);
  if (!server.ok()) throw std::runtime_error(server.status().ToString());
  server_ = *std::move(server);
}

GuardedServer::~GuardedServer() {
  server_->Shutdown();
  server_->Wait();
}

std::shared_ptr<grpc::Channel> GuardedServer::Channel(const std::string& peer) {
  std::shared_ptr<grpc::ChannelCredentials> credentials = grpc::InsecureChannelCredentials();
  if (transport_ == Transport::kMtls) {
    const auto server = rpc::SpiffePattern::Parse("/notes", "example.org");
    credentials = rpc::ChannelTls(TestTls(peer), *server).value();
  }
  grpc::ChannelArguments own;
  own.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port_), credentials, own);
}

Outcome CallOn(const std::shared_ptr<grpc::Channel>& channel, Kind kind, const Metadata& metadata,
               const std::string& text) {
  Stub stub(channel);
  grpc::ClientContext context;
  Prepare(context, metadata);
  v1::Ask ask;
  ask.set_text(text);
  switch (kind) {
    case Kind::kUnary:
      return Unary(stub, context, ask);
    case Kind::kClientStream:
      return ClientStream(stub, context, ask);
    case Kind::kServerStream:
      return ServerStream(stub, context, ask);
    default:
      return Bidi(stub, context, ask);
  }
}

Outcome CallRaw(const std::shared_ptr<grpc::Channel>& channel, const std::string& path,
                const Metadata& metadata, const std::string& bytes) {
  grpc::GenericStub stub(channel);
  grpc::ClientContext context;
  Prepare(context, metadata);
  const grpc::Slice slice(bytes);
  const grpc::ByteBuffer request(&slice, 1);
  grpc::CompletionQueue queue;
  auto call = stub.PrepareUnaryCall(&context, path, request, &queue);
  call->StartCall();
  grpc::ByteBuffer response;
  grpc::Status status;
  call->Finish(&response, &status, nullptr);
  void* tag = nullptr;
  bool ok = false;
  queue.Next(&tag, &ok);
  Outcome outcome;
  v1::Answer answer;
  if (status.ok() && grpc::SerializationTraits<v1::Answer>::Deserialize(&response, &answer).ok()) {
    outcome.answers.push_back(answer);
  }
  Finish(context, std::move(status), outcome);
  return outcome;
}

Outcome GuardedServer::Call(Kind kind, const Metadata& metadata, const std::string& text) {
  return CallOn(Channel(), kind, metadata, text);
}

Outcome GuardedServer::Call(const std::string& method, const Metadata& metadata,
                            const std::string& text, const std::string& peer) {
  v1::Ask ask;
  ask.set_text(text);
  return CallRaw(Channel(peer), "/tokenforge.testing.v1.Calls/" + method, metadata,
                 ask.SerializeAsString());
}

}  // namespace tokenforge::testing
