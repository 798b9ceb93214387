// Keys from a file: read at the start, and again when it changes.
#include <filesystem>

#include "tests/interceptors/facade_fixture.h"

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

}  // namespace
}  // namespace tokenforge::testing
