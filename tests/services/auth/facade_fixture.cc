#include "tests/services/auth/facade_fixture.h"

#include <chrono>
#include <stdexcept>
#include <thread>

#include "absl/strings/escaping.h"
#include "lib/rpc/channel.h"
#include "lib/rpc/status.h"
#include "tests/lib/rpc/certs.h"

namespace tokenforge::auth::testing {

// One certificate authority for all tests of this program: making certificates takes a while.
rpc::TlsFiles FilesOf(const std::string& name) {
  static rpc::testing::Certs certs;
  static std::map<std::string, rpc::TlsFiles> made;
  auto [place, fresh] = made.try_emplace(name);
  if (fresh) place->second = certs.MakeFor("spiffe://example.org/" + name);
  return place->second;
}

bool Eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(10);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

FacadeTest::FacadeTest() {
  grpc::ServerBuilder upstream;
  int upstream_port = 0;
  upstream.AddListeningPort("127.0.0.1:0", grpc::InsecureServerCredentials(), &upstream_port);
  upstream.RegisterService(&users_);
  upstream.RegisterService(&keys_);
  upstream.RegisterService(&sessions_);
  upstream_server_ = upstream.BuildAndStart();
  channel_ = grpc::CreateChannel("127.0.0.1:" + std::to_string(upstream_port),
                                 grpc::InsecureChannelCredentials());
  const breaker::CircuitOptions patient{.breaker = {.min_calls = kManyCalls}};
  upstream_ = {channel_, std::make_shared<breaker::Circuit>("services", patient, clock_)};
  hub_.OnNews([this] { fan_out_.Wake(); });
  fan_out_.Start();
  feeds_ =
      std::make_unique<TrustFeeds>(hub_, channel_, channel_,
                                   TrustFeedOptions{.first_retry = std::chrono::milliseconds(10),
                                                    .last_retry = std::chrono::milliseconds(50)});
  feeds_->Start();
  audit_client_ = std::make_unique<AuditClient>(upstream_);
  audit_ = std::make_unique<AuditQueue>(
      [this](const AuditQueue::Event& event) { return SendAuditEvent(*audit_client_, event); });
  facade_.reset(new Facade{UsersClient(upstream_),
                           SessionsClient(upstream_),
                           KeysClient(upstream_),
                           hub_,
                           AuditClient(upstream_),
                           *audit_,
                           {"tokenforge"},
                           ServiceTokenRules::Parse({"tokenforge"}, {"/jobs/*=notes.read"},
                                                    {"/jobs/*=notes"}, "example.org")
                               .value(),
                           TrustedProxies::Parse({"/gateway"}, "example.org").value(),
                           FactorClient(upstream_),
                           DirectoryClient(upstream_),
                           PasswordClient(upstream_)});
  reports_ = std::make_unique<GuardReports>(
      hub_, guards_, channel_, GuardReportOptions{.look = std::chrono::milliseconds(5)});
  reports_->Start();
  desk_.reset(new KeyDesk{
      KeysClient(upstream_), SessionsClient(upstream_), {hub_, guards_, *reports_}, *audit_});
  admin_service_ = std::make_unique<AdminService>(*desk_, *facade_);
  const rpc::TlsFiles files = FilesOf("auth");
  GuardOptions options;
  options.issuer = kIssuer;
  options.audiences = {"tokenforge"};
  options.trust = trust_;
  options.tls = {files.cert_file, files.key_file, files.ca_file};
  guard_ = std::make_unique<Guard>(options);
  auth_service_ = std::make_unique<AuthService>(
      *facade_, [this](std::string_view token) { return guard_->VerifyToken(token); });
  guard_->Protect<v1::AuthService>(auth_service_.get());
  guard_->Protect<v1::AdminService>(admin_service_.get());
  guard_->Protect<v1::TrustService>(&trust_service_);
  grpc::ServerBuilder builder;
  builder.AddListeningPort("127.0.0.1:0", rpc::ServerTls(files).value(), &port_);
  auto server = guard_->Start(builder);
  if (!server.ok()) throw std::runtime_error(std::string(server.status().message()));
  server_ = *std::move(server);
  if (!Eventually([&] { return feeds_->KeysKnown() && feeds_->RevocationsKnown(); })) {
    throw std::runtime_error("the feeds did not come");
  }
  auth_ = v1::AuthService::NewStub(ChannelAs("app"));
}

FacadeTest::~FacadeTest() {
  fan_out_.Drain();
  server_->Shutdown(std::chrono::system_clock::now());
  server_->Wait();
  reports_->Stop();
  feeds_->Stop();
  sessions_.Stop();
  upstream_server_->Shutdown(std::chrono::system_clock::now());
}

std::shared_ptr<grpc::Channel> FacadeTest::ChannelAs(const std::string& name) {
  rpc::ChannelOptions options;
  options.health_checking = false;
  options.max_response_bytes = 256 << 20;  // as guards take it
  return rpc::Connect("127.0.0.1:" + std::to_string(port_), FilesOf(name), "/auth", options)
      .value();
}

std::vector<users::v1::AuditEvent> FacadeTest::Audited(const std::string& kind, std::size_t count) {
  std::vector<users::v1::AuditEvent> events;
  EXPECT_TRUE(Eventually([&] {
    events = users_.Audited(kind);
    return events.size() >= count;
  })) << kind;
  return events;
}

void FacadeTest::SilenceFeed() {
  sessions_.faults.Fail("WatchRevocations", Down());
  sessions_.BreakStreams();
}

void FacadeTest::Prepare(grpc::ClientContext& context, const std::string& token) {
  context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
  if (!token.empty()) context.AddMetadata("authorization", "Bearer " + token);
}

v1::RegisterResponse FacadeTest::Register(const std::string& email) {
  v1::RegisterRequest request;
  request.set_email(email);
  request.set_password(kPassword);
  v1::RegisterResponse response;
  const grpc::Status status = Call(&v1::AuthService::Stub::Register, request, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response;
}

v1::Tokens FacadeTest::Login(const std::string& email) {
  v1::LoginResponse response;
  const grpc::Status status = TryLogin(email, kPassword, &response);
  EXPECT_TRUE(status.ok()) << status.error_message();
  return response.tokens();
}

grpc::Status FacadeTest::TryLogin(const std::string& email, const std::string& password,
                                  v1::LoginResponse* response) {
  v1::LoginRequest request;
  request.set_email(email);
  request.set_password(password);
  v1::LoginResponse ignored;
  return Call(&v1::AuthService::Stub::Login, request, response != nullptr ? response : &ignored);
}

grpc::Status FacadeTest::TryRefresh(const std::string& token, v1::Tokens* tokens) {
  v1::RefreshRequest request;
  request.set_refresh_token(token);
  v1::RefreshResponse response;
  const grpc::Status status = Call(&v1::AuthService::Stub::Refresh, request, &response);
  if (tokens != nullptr) *tokens = response.tokens();
  return status;
}

grpc::Status FacadeTest::Logout(const std::string& token) {
  v1::LogoutResponse response;
  return Call(&v1::AuthService::Stub::Logout, v1::LogoutRequest(), &response, token);
}

grpc::Status FacadeTest::WhoAmI(const std::string& token, v1::WhoAmIResponse* response) {
  v1::WhoAmIResponse ignored;
  return Call(&v1::AuthService::Stub::WhoAmI, v1::WhoAmIRequest(),
              response != nullptr ? response : &ignored, token);
}

absl::Status Down() {
  return errors::MakeRetryable(reasons::DEPENDENCY_DOWN, "10.0.0.7: refused",
                               std::chrono::milliseconds(100));
}

errors::Reason ReasonOf(const grpc::Status& status) {
  if (status.ok()) return reasons::REASON_UNSPECIFIED;
  return errors::ReasonOf(rpc::FromGrpc(status)).value_or(reasons::REASON_UNSPECIFIED);
}

std::string ClaimsJson(const std::string& token) {
  const size_t first = token.find('.');
  std::string json;
  absl::WebSafeBase64Unescape(token.substr(first + 1, token.rfind('.') - first - 1), &json);
  return json;
}

}  // namespace tokenforge::auth::testing
