#include <google/protobuf/timestamp.pb.h>
#include <grpcpp/grpcpp.h>

#include <algorithm>
#include <optional>
#include <random>

#include "interceptors/cool_down.h"
#include "interceptors/source.h"
#include "interceptors/ticker.h"
#include "lib/rpc/channel.h"
#include "lib/sync/mutex.h"
#include "lib/telemetry/log.h"
#include "tokenforge/auth/v1/trust.grpc.pb.h"

namespace tokenforge::internal {
namespace {

namespace v1 = ::tokenforge::auth::v1;

constexpr std::chrono::seconds kAttempt{2};  // how long one answer may take
constexpr std::chrono::seconds kLongestPause{5};
constexpr std::chrono::seconds kLookUpPause{30};
// A month of keys and a million revocations fit.
constexpr int kMaxSnapshotBytes = 256 << 20;

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

class FacadeSource final : public Source {
 public:
  FacadeSource(const FacadeOptions& options, std::shared_ptr<grpc::Channel> channel,
               std::shared_ptr<Trust> trust)
      : options_(options),
        trust_(std::move(trust)),
        stub_(v1::TrustService::NewStub(std::move(channel))),
        pause_(options.poll_interval) {
    ticker_.emplace([this] { return Step(); });
  }

  ~FacadeSource() override {
    {
      sync::MutexLock lock(&mutex_);
      stopping_ = true;
      if (in_flight_ != nullptr) in_flight_->TryCancel();
    }
    ticker_.reset();
  }

  void LookForNewKeys() override {
    if (look_ups_.Take(std::chrono::steady_clock::now())) ticker_->Wake();
  }

 private:
  std::chrono::milliseconds Step() {
    v1::GetTrustResponse answer;
    absl::Status status = Ask(answer);
    if (status.ok()) status = Apply(answer);
    if (status.ok()) {
      if (failing_) telemetry::Log(telemetry::Level::kInfo, "the trust source answers again");
      failing_ = false;
      pause_ = options_.poll_interval;
      return pause_;
    }
    if (!failing_ && !Stopping()) {
      telemetry::Log(telemetry::Level::kWarning,
                     "the trust source does not answer; the last keys and revocations stay",
                     {{"address", options_.address}, {"error", std::string(status.message())}});
    }
    failing_ = true;
    return NextPause();
  }

  absl::Status Ask(v1::GetTrustResponse& answer) {
    v1::GetTrustRequest request;
    request.set_cursor(cursor_);
    request.set_guard_id(options_.guard_id);
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + kAttempt);
    {
      sync::MutexLock lock(&mutex_);
      if (stopping_) return absl::CancelledError("stopping");
      in_flight_ = &context;
    }
    const grpc::Status status = stub_->GetTrust(&context, request, &answer);
    sync::MutexLock lock(&mutex_);
    in_flight_ = nullptr;
    return {static_cast<absl::StatusCode>(status.error_code()), status.error_message()};
  }

  absl::Status Apply(const v1::GetTrustResponse& answer) {
    if (!answer.has_snapshot()) {
      trust_->Confirm();
      return absl::OkStatus();
    }
    const v1::TrustSnapshot& snapshot = answer.snapshot();
    if (snapshot.issuer() != options_.issuer && !issuer_differs_) {
      issuer_differs_ = true;
      telemetry::Log(telemetry::Level::kError, "the façade issues for another issuer than ours",
                     {{"theirs", snapshot.issuer()}, {"ours", options_.issuer}});
    }
    // Revocations first: a token must not pass in between because its key arrived sooner.
    std::vector<Revocation> revocations;
    revocations.reserve(static_cast<std::size_t>(snapshot.revocations_size()));
    for (const v1::Revocation& one : snapshot.revocations()) revocations.push_back(FromProto(one));
    trust_->ReplaceRevocations(revocations);
    if (absl::Status status = trust_->PublishKeys(snapshot.jwks()); !status.ok()) return status;
    cursor_ = snapshot.cursor();
    return absl::OkStatus();
  }

  // Doubles up to five seconds; jitter keeps a thousand guards from coming back in one moment.
  std::chrono::milliseconds NextPause() {
    pause_ = std::min<std::chrono::milliseconds>(pause_ * 2, kLongestPause);
    std::uniform_int_distribution<std::int64_t> jitter(pause_.count() / 2, pause_.count());
    return std::chrono::milliseconds(jitter(random_));
  }

  bool Stopping() {
    sync::MutexLock lock(&mutex_);
    return stopping_;
  }

  const FacadeOptions options_;
  const std::shared_ptr<Trust> trust_;
  const std::unique_ptr<v1::TrustService::Stub> stub_;
  CoolDown look_ups_{kLookUpPause};
  // The ticker's thread only.
  std::string cursor_;
  std::chrono::milliseconds pause_;
  bool failing_ = false;
  bool issuer_differs_ = false;
  std::minstd_rand random_{std::random_device()()};

  sync::Mutex mutex_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  grpc::ClientContext* in_flight_ ABSL_GUARDED_BY(mutex_) = nullptr;
  std::optional<Ticker> ticker_;
};

}  // namespace

absl::StatusOr<std::unique_ptr<Source>> MakeFacadeSource(const FacadeOptions& options,
                                                         std::shared_ptr<Trust> trust) {
  rpc::ChannelOptions channel_options;
  channel_options.max_response_bytes = kMaxSnapshotBytes;
  auto channel = rpc::Connect(options.address,
                              {options.tls.cert_file, options.tls.key_file, options.tls.ca_file},
                              options.identity, channel_options);
  if (!channel.ok()) return channel.status();
  return std::make_unique<FacadeSource>(options, *std::move(channel), std::move(trust));
}

}  // namespace tokenforge::internal
