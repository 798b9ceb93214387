#include "services/auth/feed_messages.h"

#include <grpcpp/impl/codegen/proto_utils.h>
#include <grpcpp/support/byte_buffer.h>

#include <chrono>

#include "services/auth/trust_state.h"
#include "tokenforge/auth/v1/trust.pb.h"

namespace tokenforge::auth {
namespace {

constexpr std::size_t kMaxChanges = 64;         // streams seldom have more different states
constexpr std::uint64_t kMaxSnapshotAge = 512;  // in versions

FeedMessages::Shared Serialised(const v1::WatchTrustResponse& response, std::uint64_t version) {
  auto bytes = std::make_shared<grpc::ByteBuffer>();
  bool own = false;
  const grpc::Status status =
      grpc::SerializationTraits<v1::WatchTrustResponse>::Serialize(response, bytes.get(), &own);
  if (!status.ok()) return nullptr;  // over 2 GiB
  return std::make_shared<const FeedMessage>(FeedMessage{std::move(bytes), version});
}

}  // namespace

FeedMessages::Shared FeedMessages::Since(TrustState& state, std::uint64_t version,
                                         clock::WallTime now) {
  state.Forget(now);
  if (version == 0) return Snapshot(state, now);
  if (changes_to_ == state.version()) {
    if (version == changes_to_) return nullptr;
    if (const auto found = changes_.find(version); found != changes_.end()) return found->second;
  }
  v1::WatchTrustResponse response;
  auto change = state.ChangeSince(version, now);
  if (!change) return Snapshot(state, now);
  if (change->version() == version) return nullptr;
  if (changes_to_ != change->version() || changes_.size() >= kMaxChanges) changes_.clear();
  changes_to_ = change->version();
  *response.mutable_change() = *std::move(change);
  return changes_[version] = Serialised(response, changes_to_);
}

FeedMessages::Shared FeedMessages::Snapshot(TrustState& state, clock::WallTime now) {
  const TrustJournal& journal = state.journal();
  // After a change of keys nobody is sent the former ones, not even for a moment.
  const bool usable = snapshot_ != nullptr && snapshot_keys_since_ == journal.keys_since() &&
                      journal.Reaches(snapshot_->version) &&
                      state.version() - snapshot_->version <= kMaxSnapshotAge;
  if (usable) return snapshot_;
  const auto snapshot = state.Snapshot(now);
  if (snapshot == nullptr) return nullptr;
  v1::WatchTrustResponse response;
  *response.mutable_snapshot() = *snapshot;
  snapshot_ = Serialised(response, snapshot->version());
  snapshot_keys_since_ = journal.keys_since();
  return snapshot_;
}

FeedMessages::Shared FeedMessages::Heartbeat(TrustState& state, clock::WallTime now, bool stale) {
  if (!state.Known()) return nullptr;
  state.Forget(now);
  const std::int64_t second =
      std::chrono::duration_cast<std::chrono::seconds>(now.time_since_epoch()).count();
  if (heartbeat_ != nullptr && heartbeat_second_ == second && heartbeat_stale_ == stale &&
      heartbeat_->version == state.version()) {
    return heartbeat_;
  }
  v1::WatchTrustResponse response;
  response.mutable_heartbeat()->set_version(state.version());
  response.mutable_heartbeat()->mutable_server_time()->set_seconds(second);
  response.mutable_heartbeat()->set_stale(stale);
  heartbeat_stale_ = stale;
  heartbeat_ = Serialised(response, state.version());
  heartbeat_second_ = second;
  return heartbeat_;
}

}  // namespace tokenforge::auth
