#include "interceptors/trust_mirror.h"

#include <google/protobuf/timestamp.pb.h>

#include "interceptors/trust_state.h"
#include "lib/telemetry/log.h"
#include "tokenforge/auth/v1/trust.pb.h"

namespace tokenforge::internal {
namespace {

namespace v1 = ::tokenforge::auth::v1;

// A clock that is off by more than the verifiers' leeway would make good tokens look expired.
constexpr std::chrono::seconds kClockDifference{30};

clock::WallTime TimeOf(const google::protobuf::Timestamp& time) {
  return clock::WallTime(std::chrono::duration_cast<clock::WallTime::duration>(
      std::chrono::seconds(time.seconds()) + std::chrono::nanoseconds(time.nanos())));
}

Revocation FromProto(const v1::Revocation& proto) {
  Revocation revocation;
  revocation.jti = proto.jti();
  revocation.session_id = proto.session_id();
  revocation.subject = proto.user_tokens().user_id();
  revocation.issued_before = TimeOf(proto.user_tokens().issued_before());
  revocation.kid = proto.kid();
  revocation.end_time = TimeOf(proto.end_time());
  return revocation;
}

std::vector<Revocation> FromProto(
    const google::protobuf::RepeatedPtrField<v1::Revocation>& protos) {
  std::vector<Revocation> revocations;
  revocations.reserve(static_cast<std::size_t>(protos.size()));
  for (const v1::Revocation& one : protos) revocations.push_back(FromProto(one));
  return revocations;
}

}  // namespace

TrustMirror::TrustMirror(std::shared_ptr<Trust> trust, std::string issuer)
    : trust_(std::move(trust)), issuer_(std::move(issuer)) {
  trust_->state().ExpectTime();
}

absl::Status TrustMirror::Apply(const v1::WatchTrustResponse& message) {
  if (message.has_snapshot()) return ApplySnapshot(message.snapshot());
  if (message.has_heartbeat() && message.heartbeat().has_server_time()) {
    CompareClocks(message.heartbeat().server_time());
  }
  if (!message.has_change()) {
    // A façade that hears nothing itself cannot vouch for what we know.
    if (!message.heartbeat().stale()) trust_->Confirm();
    return absl::OkStatus();
  }
  const v1::WatchTrustResponse::Change& change = message.change();
  absl::Status applied = trust_->state().Apply({change.jwks(), FromProto(change.revocations())});
  if (applied.ok()) cursor_ = change.cursor();
  return applied;
}

absl::Status TrustMirror::Apply(const v1::GetTrustResponse& answer) {
  if (answer.has_server_time()) CompareClocks(answer.server_time());
  if (answer.has_snapshot()) return ApplySnapshot(answer.snapshot());
  trust_->Confirm();
  return absl::OkStatus();
}

absl::Status TrustMirror::ApplySnapshot(const v1::TrustSnapshot& snapshot) {
  if (snapshot.issuer() != issuer_ && !issuer_differs_) {
    issuer_differs_ = true;
    telemetry::Log(telemetry::Level::kError, "the façade issues for another issuer than ours",
                   {{"theirs", snapshot.issuer()}, {"ours", issuer_}});
  }
  // A snapshot always holds keys: an empty text must not count as "the keys stay".
  const std::string_view jwks = snapshot.jwks().empty() ? "{}" : std::string_view(snapshot.jwks());
  // A snapshot takes no revocation back. It may come from a replica that has just started, or that
  // is cut off and knows less than the one before it: what was refused once stays refused to its
  // end.
  absl::Status applied = trust_->state().Apply({jwks, FromProto(snapshot.revocations())});
  if (applied.ok()) cursor_ = snapshot.cursor();
  return applied;
}

void TrustMirror::CompareClocks(const google::protobuf::Timestamp& theirs) {
  const auto difference = trust_->state().HearTime(TimeOf(theirs));
  const bool differs = difference > kClockDifference || difference < -kClockDifference;
  if (differs && !clock_differs_) {
    telemetry::Log(
        telemetry::Level::kWarning,
        "our clock and the façade's differ by more than the leeway: if ours jumped, it is "
        "overruled",
        {{"ahead_s", std::chrono::duration_cast<std::chrono::seconds>(difference).count()}});
  }
  clock_differs_ = differs;
}

std::uint64_t VersionOf(const v1::WatchTrustResponse& message) {
  switch (message.message_case()) {
    case v1::WatchTrustResponse::kSnapshot:
      return message.snapshot().version();
    case v1::WatchTrustResponse::kChange:
      return message.change().version();
    case v1::WatchTrustResponse::kHeartbeat:
      return message.heartbeat().version();
    default:
      return 0;
  }
}

}  // namespace tokenforge::internal
