#include "services/auth/trust_feeds.h"

#include <grpcpp/channel.h>

#include <atomic>
#include <string>
#include <utility>

#include "lib/rpc/status.h"
#include "services/auth/feed_loop.h"
#include "services/auth/trust_hub.h"
#include "tokenforge/keys/v1/keys.grpc.pb.h"
#include "tokenforge/sessions/v1/sessions.grpc.pb.h"

namespace tokenforge::auth {

// Asks for the key set again and again; an answer without one means that ours is current.
class TrustFeeds::KeysFeed {
 public:
  KeysFeed(TrustHub& hub, const std::shared_ptr<grpc::Channel>& channel,
           const TrustFeedOptions& options)
      : hub_(hub),
        timeout_(options.keys_timeout),
        stub_(keys::v1::KeyService::NewStub(channel)),
        loop_({"keys", options.keys_poll, options.first_retry, options.last_retry},
              [this] { return Poll(); }) {}

  FeedLoop& loop() { return loop_; }
  bool known() const { return known_; }

 private:
  absl::Status Poll() {
    rpc::OutgoingContext context = loop_.BeginCall(timeout_);
    keys::v1::GetJwksRequest request;
    request.set_known_version(version_);
    keys::v1::GetJwksResponse response;
    const grpc::Status status = stub_->GetJwks(&context.client(), request, &response);
    loop_.EndCall();
    if (loop_.Stopping()) return absl::OkStatus();
    if (!status.ok()) return rpc::FromGrpc(status, "keys");
    if (response.jwks().empty()) return absl::OkStatus();
    if (absl::Status taken = hub_.PublishKeys(response.version(), response.jwks()); !taken.ok()) {
      return taken;
    }
    version_ = response.version();
    known_ = true;
    return absl::OkStatus();
  }

  TrustHub& hub_;
  const std::chrono::milliseconds timeout_;
  const std::unique_ptr<keys::v1::KeyService::StubInterface> stub_;
  std::uint64_t version_ = 0;  // the loop's thread only
  std::atomic<bool> known_ = false;
  FeedLoop loop_;  // last: its thread uses all of the above
};

// Reads the stream of revocations; each stream goes on where the one before it ended.
class TrustFeeds::RevocationsFeed {
 public:
  RevocationsFeed(TrustHub& hub, const std::shared_ptr<grpc::Channel>& channel,
                  const TrustFeedOptions& options)
      : hub_(hub),
        life_(options.stream_life),
        stub_(sessions::v1::SessionService::NewStub(channel)),
        loop_({"revocations", options.first_retry, options.first_retry, options.last_retry},
              [this] { return Watch(); }) {}

  FeedLoop& loop() { return loop_; }
  bool known() const { return known_; }

 private:
  absl::Status Watch() {
    rpc::OutgoingContext context = loop_.BeginCall(life_);
    sessions::v1::WatchRevocationsRequest request;
    request.set_cursor(cursor_);
    auto reader = stub_->WatchRevocations(&context.client(), request);
    sessions::v1::WatchRevocationsResponse response;
    bool heard = false;
    while (reader->Read(&response)) {
      hub_.Hear(response.revocations());
      if (!response.cursor().empty()) cursor_ = response.cursor();
      heard = known_ = true;
    }
    const grpc::Status status = reader->Finish();
    loop_.EndCall();
    if (loop_.Stopping()) return absl::OkStatus();
    // A stream that told something and came to its planned end is no failure.
    if (heard && status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED) {
      return absl::OkStatus();
    }
    return status.ok() && heard ? absl::OkStatus() : Failure(status);
  }

  static absl::Status Failure(const grpc::Status& status) {
    if (status.ok()) return absl::UnavailableError("the stream ended at once");
    return rpc::FromGrpc(status, "sessions");
  }

  TrustHub& hub_;
  const std::chrono::milliseconds life_;
  const std::unique_ptr<sessions::v1::SessionService::StubInterface> stub_;
  std::string cursor_;  // the loop's thread only
  std::atomic<bool> known_ = false;
  FeedLoop loop_;  // last: its thread uses all of the above
};

TrustFeeds::TrustFeeds(TrustHub& hub, const std::shared_ptr<grpc::Channel>& keys,
                       const std::shared_ptr<grpc::Channel>& sessions,
                       const TrustFeedOptions& options)
    : keys_(std::make_unique<KeysFeed>(hub, keys, options)),
      revocations_(std::make_unique<RevocationsFeed>(hub, sessions, options)) {}

TrustFeeds::~TrustFeeds() = default;

void TrustFeeds::Start() {
  keys_->loop().Start();
  revocations_->loop().Start();
}

void TrustFeeds::Stop() {
  keys_->loop().Stop();
  revocations_->loop().Stop();
}

bool TrustFeeds::KeysKnown() const { return keys_->known(); }
bool TrustFeeds::RevocationsKnown() const { return revocations_->known(); }

}  // namespace tokenforge::auth
