// Keys from a file: read at the start, and again when it changes.
#include <filesystem>
#include <future>

#include "tests/interceptors/facade_fixture.h"
#include "tokenforge/observe.h"

namespace tokenforge::testing {
namespace {

namespace reasons = errors::reasons;
using std::chrono::seconds;

class Sourced : public WithFacade {};

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

// Waits for the next log line that says something.
class AwaitedLine {
 public:
  explicit AwaitedLine(std::string text) : text_(std::move(text)) {
    SetLogSink([this](std::string_view, std::string_view line) {
      if (line.find(text_) == std::string_view::npos) return;
      if (lines_++ == 0) said_.set_value();
    });
  }
  ~AwaitedLine() { SetLogSink({}); }
  bool Wait() {
    return said_.get_future().wait_for(std::chrono::seconds(30)) == std::future_status::ready;
  }
  int lines() const { return lines_; }

 private:
  const std::string text_;
  std::promise<void> said_;
  std::atomic<int> lines_ = 0;
};

TEST_F(Sourced, AFileThatGoesBadKeepsTheLastKeysAndIsSaidOnce) {
  const std::string folder = std::filesystem::path(TestTls("notes").ca_file).parent_path();
  const std::string path = folder + "/bad-jwks.json";
  rpc::testing::Write(path, tokens_.Jwks());
  GuardOptions options = Options();
  options.jwks_file = path;
  StartGuard(options);
  {
    AwaitedLine bad("the key file cannot be used");
    rpc::testing::Write(path, R"({"keys":[]})");
    ASSERT_TRUE(bad.Wait());
    EXPECT_TRUE(guard_->VerifyToken(tokens_.Make()).ok());
    std::filesystem::remove(path);  // another fault, and the same state of things
    clock_.Advance(std::chrono::seconds(31));
    EXPECT_EQ(Call("Fresh", tokens_.Make()).reason(), reasons::TRUST_STALE)
        << "what was read in vain was not heard";
    EXPECT_EQ(bad.lines(), 1);
  }
  AwaitedLine good("the key file can be used again");
  rpc::testing::Write(path, tokens_.Jwks());
  ASSERT_TRUE(good.Wait());
  EXPECT_TRUE(Call("Fresh", tokens_.Make()).status.ok());
}

}  // namespace
}  // namespace tokenforge::testing
