#include "tests/interceptors/facade_fixture.h"

namespace tokenforge::testing {

void WithFacade::TearDown() {
  if (server_ != nullptr) server_->Shutdown();
  server_.reset();
  guard_.reset();
  StopFacade();
}

void WithFacade::StartFacade(const std::string& identity) {
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:" + std::to_string(facade_port_),
                           rpc::ServerTls(TestTls(identity)).value(), &facade_port_);
  builder.RegisterService(&facade_);
  health_ = std::make_unique<rpc::Health>();
  builder.RegisterService(health_->service());
  health_->SetServing(true);
  facade_server_ = builder.BuildAndStart();
  ASSERT_NE(facade_server_, nullptr);
}

void WithFacade::StopFacade() {
  if (facade_server_ == nullptr) return;
  health_->EndWatches();
  facade_.EndStreams({grpc::StatusCode::UNAVAILABLE, "draining"});
  facade_server_->Shutdown();
  facade_server_.reset();
}

GuardOptions WithFacade::Options() {
  GuardOptions options;
  options.issuer = kIssuer;
  options.audiences = {kAudience};
  options.trust_domain = "example.org";
  options.trust_options.clock = &clock_;
  return options;
}

GuardOptions WithFacade::FacadeOptions() {
  GuardOptions options = Options();
  const rpc::TlsFiles files = TestTls("notes");
  options.tls = {files.cert_file, files.key_file, files.ca_file};
  options.facade_address = "127.0.0.1:" + std::to_string(facade_port_);
  options.guard_id = "pod-7";
  return options;
}

void WithFacade::StartGuard(GuardOptions options) {
  guard_ = std::make_unique<Guard>(std::move(options));
  guard_->Protect<v1::Calls>(&service_);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &port_);
  auto server = guard_->Start(builder);
  ASSERT_TRUE(server.ok()) << server.status();
  server_ = *std::move(server);
}

std::shared_ptr<grpc::Channel> WithFacade::Channel() const {
  grpc::ChannelArguments own;
  own.SetInt(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1);
  return grpc::CreateCustomChannel("127.0.0.1:" + std::to_string(port_),
                                   grpc::InsecureChannelCredentials(), own);
}

Outcome WithFacade::Call(const std::string& method, const std::string& token) {
  return CallRaw(Channel(), "/tokenforge.testing.v1.Calls/" + method, Bearer(token), "");
}

std::optional<errors::Reason> WithFacade::ReasonOf(const std::string& token) {
  return errors::ReasonOf(guard_->VerifyToken(token).status());
}

}  // namespace tokenforge::testing
