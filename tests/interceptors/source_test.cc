// Where keys and revocations come from: a façade over mTLS, and a file.
#include <gtest/gtest.h>

#include <filesystem>

#include "lib/rpc/health.h"
#include "lib/sync/mutex.h"
#include "tests/interceptors/guarded_server.h"
#include "tokenforge/auth/v1/trust.grpc.pb.h"

namespace tokenforge::testing {
namespace {

namespace reasons = errors::reasons;
namespace auth = ::tokenforge::auth::v1;
using std::chrono::milliseconds;
using std::chrono::seconds;

// A façade that says what the test wants, and lets it wait for questions.
class FakeFacade final : public auth::TrustService::Service {
 public:
  grpc::Status GetTrust(grpc::ServerContext*, const auth::GetTrustRequest* request,
                        auth::GetTrustResponse* response) override {
    sync::MutexLock lock(&mutex_);
    last_ = *request;
    ++questions_;
    changed_.NotifyAll();
    if (failing_) return {grpc::StatusCode::UNAVAILABLE, "down"};
    if (request->cursor() != snapshot_.cursor()) *response->mutable_snapshot() = snapshot_;
    return grpc::Status::OK;
  }

  void Say(const std::string& jwks, const std::vector<std::string>& revoked_sessions) {
    sync::MutexLock lock(&mutex_);
    snapshot_.set_jwks(jwks);
    snapshot_.set_issuer(kIssuer);
    snapshot_.set_cursor("cursor-" + std::to_string(++version_));
    snapshot_.clear_revocations();
    for (const std::string& session : revoked_sessions) {
      auth::Revocation* revocation = snapshot_.add_revocations();
      revocation->set_session_id(session);
      revocation->mutable_end_time()->set_seconds(
          std::chrono::system_clock::to_time_t(std::chrono::system_clock::now()) + 900);
    }
  }
  void Fail(bool failing) {
    sync::MutexLock lock(&mutex_);
    failing_ = failing;
  }
  // Waits until whatever was said before has been handed out and the guard has come back since.
  auth::GetTrustRequest AwaitQuestions(int more) {
    sync::MutexLock lock(&mutex_);
    const int until = questions_ + more;
    const auto deadline = std::chrono::steady_clock::now() + seconds(30);
    while (questions_ < until && changed_.WaitUntil(&mutex_, deadline)) {
    }
    EXPECT_GE(questions_, until) << "the guard no longer asks";
    return last_;
  }

 private:
  sync::Mutex mutex_;
  sync::CondVar changed_;
  auth::TrustSnapshot snapshot_ ABSL_GUARDED_BY(mutex_);
  auth::GetTrustRequest last_ ABSL_GUARDED_BY(mutex_);
  int version_ ABSL_GUARDED_BY(mutex_) = 0;
  int questions_ ABSL_GUARDED_BY(mutex_) = 0;
  bool failing_ ABSL_GUARDED_BY(mutex_) = false;
};

class Sourced : public ::testing::Test {
 protected:
  void StartFacade(const std::string& identity = "auth") {
    grpc::ServerBuilder builder;
    builder.AddListeningPort("127.0.0.1:" + std::to_string(facade_port_),
                             rpc::ServerTls(TestTls(identity)).value(), &facade_port_);
    builder.RegisterService(&facade_);
    builder.RegisterService(health_.service());
    health_.SetServing(true);
    facade_server_ = builder.BuildAndStart();
    ASSERT_NE(facade_server_, nullptr);
  }
  void TearDown() override {
    guard_.reset();
    health_.EndWatches();
    if (facade_server_) facade_server_->Shutdown();
  }
  GuardOptions Options() {
    GuardOptions options;
    options.issuer = kIssuer;
    options.audiences = {kAudience};
    options.trust_domain = "example.org";
    return options;
  }
  GuardOptions FacadeOptions() {
    GuardOptions options = Options();
    const rpc::TlsFiles files = TestTls("notes");
    options.tls = {files.cert_file, files.key_file, files.ca_file};
    options.facade_address = "127.0.0.1:" + std::to_string(facade_port_);
    options.guard_id = "pod-7";
    options.poll_interval = milliseconds(10);
    return options;
  }
  void StartGuard(GuardOptions options) {
    guard_ = std::make_unique<Guard>(std::move(options));
    guard_->Protect<v1::Calls>(&service_);
    grpc::ServerBuilder builder;
    auto server = guard_->Start(builder);
    ASSERT_TRUE(server.ok()) << server.status();
    server_ = *std::move(server);
  }
  std::optional<errors::Reason> ReasonOf(const std::string& token) {
    return errors::ReasonOf(guard_->VerifyToken(token).status());
  }

  clock::SystemClock clock_;
  Tokens tokens_{clock_};
  FakeFacade facade_;
  rpc::Health health_;
  int facade_port_ = 0;
  std::unique_ptr<grpc::Server> facade_server_;
  SyncCalls service_;
  std::unique_ptr<Guard> guard_;
  std::unique_ptr<grpc::Server> server_;
};

TEST_F(Sourced, KeysAndRevocationsComeFromTheFacade) {
  facade_.Say(tokens_.Jwks(), {"s-bob"});
  StartFacade();
  StartGuard(FacadeOptions());
  ASSERT_TRUE(guard_->WaitUntilReady(seconds(30)));
  EXPECT_TRUE(guard_->VerifyToken(tokens_.For("ada")).ok());
  EXPECT_EQ(ReasonOf(tokens_.For("bob")), reasons::TOKEN_REVOKED);

  facade_.Say(tokens_.Jwks(), {"s-bob", "s-ada"});
  const auth::GetTrustRequest request = facade_.AwaitQuestions(3);
  EXPECT_EQ(ReasonOf(tokens_.For("ada")), reasons::TOKEN_REVOKED);
  EXPECT_EQ(request.guard_id(), "pod-7");
  EXPECT_EQ(request.cursor(), "cursor-2") << "what it has applied it does not ask for again";

  const Tokens next(clock_);
  facade_.Say(next.Jwks(), {});
  facade_.AwaitQuestions(3);
  EXPECT_EQ(ReasonOf(tokens_.For("eve")), reasons::TOKEN_UNKNOWN_KEY);
  EXPECT_TRUE(guard_->VerifyToken(next.For("ada")).ok());
}

TEST_F(Sourced, AFacadeThatFailsLeavesWhatIsKnownAndIsAskedAgain) {
  facade_.Say(tokens_.Jwks(), {"s-bob"});
  StartFacade();
  StartGuard(FacadeOptions());
  ASSERT_TRUE(guard_->WaitUntilReady(seconds(30)));
  facade_.Fail(true);
  facade_.AwaitQuestions(3);
  EXPECT_TRUE(guard_->VerifyToken(tokens_.For("ada")).ok());
  EXPECT_EQ(ReasonOf(tokens_.For("bob")), reasons::TOKEN_REVOKED);
  facade_.Say(tokens_.Jwks(), {"s-ada"});
  facade_.Fail(false);
  facade_.AwaitQuestions(3);
  EXPECT_EQ(ReasonOf(tokens_.For("ada")), reasons::TOKEN_REVOKED);
}

TEST_F(Sourced, AFacadeThatComesUpLaterIsFound) {
  facade_.Say(tokens_.Jwks(), {});
  StartFacade();  // to have a port that nobody else takes
  facade_server_->Shutdown();
  facade_server_.reset();
  StartGuard(FacadeOptions());
  EXPECT_FALSE(guard_->Ready());
  EXPECT_EQ(ReasonOf(tokens_.Make()), reasons::TRUST_STALE);
  StartFacade();
  EXPECT_TRUE(guard_->WaitUntilReady(seconds(30)));
  EXPECT_TRUE(guard_->VerifyToken(tokens_.Make()).ok());
}

TEST_F(Sourced, AnImpostorOfTheFacadeIsNotBelieved) {
  facade_.Say(tokens_.Jwks(), {});
  StartFacade("stranger");  // a good certificate of our CA, and another name
  GuardOptions options = FacadeOptions();
  StartGuard(std::move(options));
  EXPECT_FALSE(guard_->WaitUntilReady(milliseconds(500)));
}

TEST_F(Sourced, StopsAtOnceAlsoWhileTheFacadeHangs) {
  // A listener that never answers: nobody accepts on its port.
  facade_.Say(tokens_.Jwks(), {});
  StartFacade();
  facade_server_->Shutdown();
  facade_server_.reset();
  GuardOptions options = FacadeOptions();
  options.poll_interval = std::chrono::hours(1);
  StartGuard(std::move(options));
  const auto begin = std::chrono::steady_clock::now();
  server_.reset();
  guard_.reset();
  EXPECT_LT(std::chrono::steady_clock::now() - begin, seconds(30))
      << "an hour's pause is cut short";
}

TEST_F(Sourced, KeysComeFromAFileAndFollowIt) {
  const std::string folder = std::filesystem::path(TestTls("notes").ca_file).parent_path();
  const std::string path = folder + "/jwks.json";
  rpc::testing::Write(path, "not JSON");
  GuardOptions options = Options();
  options.jwks_file = path;
  {
    Guard guard(options);
    guard.Protect<v1::Calls>(&service_);
    grpc::ServerBuilder builder;
    EXPECT_EQ(guard.Start(builder).status().code(), absl::StatusCode::kInvalidArgument);
  }
  rpc::testing::Write(path, tokens_.Jwks());
  StartGuard(options);
  EXPECT_TRUE(guard_->Ready()) << "read before the server starts";
  EXPECT_TRUE(guard_->VerifyToken(tokens_.Make()).ok());
  const Tokens next(clock_);
  rpc::testing::Write(path + ".new", next.Jwks());
  std::filesystem::rename(path + ".new", path);
  const auto deadline = std::chrono::steady_clock::now() + seconds(30);
  while (!guard_->VerifyToken(next.Make()).ok() && std::chrono::steady_clock::now() < deadline) {
    std::this_thread::yield();
  }
  EXPECT_TRUE(guard_->VerifyToken(next.Make()).ok());
  EXPECT_EQ(ReasonOf(tokens_.Make()), reasons::TOKEN_UNKNOWN_KEY);
}

}  // namespace
}  // namespace tokenforge::testing
