// TrustMirror: what the façade's feed said, made true in a Trust.
//
// Why apart from the feed: what a message means has nothing to do with how it came. Of a message
// with keys and revocations the revocations are in force first, so that no token passes in between
// because its key came sooner.
//
// One thread at a time. Does not wait.
#pragma once

#include <memory>
#include <string>

#include "absl/status/status.h"
#include "tokenforge/trust.h"

namespace google::protobuf {
class Timestamp;
}
namespace tokenforge::auth::v1 {
class GetTrustResponse;
class TrustSnapshot;
class WatchTrustResponse;
}  // namespace tokenforge::auth::v1

namespace tokenforge::internal {

class TrustMirror {
 public:
  // `issuer` is what the façade should say of itself; a difference is logged once.
  TrustMirror(std::shared_ptr<Trust> trust, std::string issuer);

  // Takes in one message of the feed. An error says that its keys cannot be used: its revocations
  // are in force all the same, the last keys stay, and the cursor too, so that it is asked for
  // again.
  absl::Status Apply(const auth::v1::WatchTrustResponse& message);
  absl::Status Apply(const auth::v1::GetTrustResponse& answer);

  // The feed after everything that was applied; empty before the first snapshot.
  const std::string& cursor() const { return cursor_; }

 private:
  absl::Status ApplySnapshot(const auth::v1::TrustSnapshot& snapshot);
  void CompareClocks(const google::protobuf::Timestamp& theirs);

  const std::shared_ptr<Trust> trust_;
  const std::string issuer_;
  std::string cursor_;
  bool issuer_differs_ = false;
  bool clock_differs_ = false;
};

// The version that a message brings the receiver to.
std::uint64_t VersionOf(const auth::v1::WatchTrustResponse& message);

}  // namespace tokenforge::internal
