#include "services/auth/trust_feeds.h"

#include <grpcpp/channel.h>

#include <atomic>
#include <string>
#include <utility>

#include "lib/rpc/status.h"
#include "services/auth/feed_loop.h"
#include "services/auth/key_messages.h"
#include "services/auth/trust_hub.h"
#include "tokenforge/keys/v1/keys.grpc.pb.h"
#include "tokenforge/sessions/v1/sessions.grpc.pb.h"

namespace tokenforge::auth {
namespace {

// How a stream ended: one that told something and came to its planned end is no failure.
absl::Status EndOf(const grpc::Status& status, bool heard, std::string_view peer) {
  if (heard && (status.ok() || status.error_code() == grpc::StatusCode::DEADLINE_EXCEEDED)) {
    return absl::OkStatus();
  }
  if (status.ok()) return absl::UnavailableError("the stream ended at once");
  return rpc::FromGrpc(status, peer);
}

}  // namespace

// Reads the stream of key sets. Each message, also one that only says that the stream is alive,
// tells the hub the newest set again: so it hears of a store that went back (KeySuccession).
class TrustFeeds::KeysFeed {
 public:
  KeysFeed(TrustHub& hub, const std::shared_ptr<grpc::Channel>& channel,
           const TrustFeedOptions& options)
      : hub_(hub),
        options_(options),
        stub_(keys::v1::KeyService::NewStub(channel)),
        loop_({"keys", options.first_retry, options.first_retry, options.last_retry},
              [this] { return Watch(); }) {}

  FeedLoop& loop() { return loop_; }
  bool known() const { return known_; }

 private:
  absl::Status Watch() {
    rpc::OutgoingContext context = loop_.BeginCall(options_.stream_life);
    keys::v1::WatchJwksRequest request;
    request.set_known_version(version_);
    auto reader = stub_->WatchJwks(&context.client(), request);
    keys::v1::WatchJwksResponse response;
    absl::Status taken;
    bool heard = false;
    while (taken.ok() && reader->Read(&response)) {
      heard = true;
      taken = Take(response);
    }
    if (!taken.ok()) context.client().TryCancel();
    const grpc::Status status = reader->Finish();
    loop_.EndCall(context);
    if (loop_.Stopping()) return absl::OkStatus();
    return taken.ok() ? EndOf(status, heard, "keys") : taken;
  }

  absl::Status Take(const keys::v1::WatchJwksResponse& response) {
    if (!response.jwks().empty()) {
      version_ = response.version();
      jwks_ = response.jwks();
    }
    if (jwks_.empty()) return absl::UnavailableError("the stream began without a key set");
    if (absl::Status taken = hub_.PublishKeys(version_, jwks_); !taken.ok()) return taken;
    known_ = true;
    if (listed_version_ != version_ && TellRevokedKeys()) listed_version_ = version_;
    return absl::OkStatus();
  }

  // False when they cannot be had now: then with the next sign of life.
  bool TellRevokedKeys() {
    keys::v1::ListKeysRequest request;
    TrustHub::PublicRevocations revoked;
    do {
      rpc::OutgoingContext context = loop_.BeginCall(options_.keys_timeout);
      keys::v1::ListKeysResponse response;
      const grpc::Status status = stub_->ListKeys(&context.client(), request, &response);
      loop_.EndCall(context);
      if (!status.ok()) return false;
      AddRevoked(response.keys(), options_.revoked_key_life, revoked);
      request.set_page_token(response.next_page_token());
    } while (!request.page_token().empty());
    hub_.Revoke(revoked);
    return true;
  }

  TrustHub& hub_;
  const TrustFeedOptions options_;
  const std::unique_ptr<keys::v1::KeyService::StubInterface> stub_;
  std::uint64_t version_ = 0;  // the loop's thread only, like the next two
  std::string jwks_;
  std::uint64_t listed_version_ = 0;  // the key set whose revoked keys were told
  std::atomic<bool> known_ = false;
  FeedLoop loop_;  // last: its thread uses all of the above
};

// Reads the stream of revocations; each stream goes on where the one before it ended.
class TrustFeeds::RevocationsFeed {
 public:
  RevocationsFeed(TrustHub& hub, const std::shared_ptr<grpc::Channel>& channel,
                  const TrustFeedOptions& options)
      : hub_(hub),
        clock_(options.clock),
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
      HearTime(response);
      hub_.Hear(response.revocations());
      if (!response.cursor().empty()) cursor_ = response.cursor();
      heard = known_ = true;
    }
    const grpc::Status status = reader->Finish();
    loop_.EndCall(context);
    if (loop_.Stopping()) return absl::OkStatus();
    return EndOf(status, heard, "sessions");
  }

  // First of all: by it is judged which revocations have ended.
  void HearTime(const sessions::v1::WatchRevocationsResponse& response) {
    if (clock_ == nullptr || !response.has_server_time()) return;
    const auto theirs = std::chrono::seconds(response.server_time().seconds()) +
                        std::chrono::nanoseconds(response.server_time().nanos());
    const clock::SteadyTime now = clock_->SteadyNow();
    clock_->Hear(clock::WallTime(std::chrono::duration_cast<clock::WallTime::duration>(theirs)),
                 now, now);
  }

  TrustHub& hub_;
  clock::AgreedClock* const clock_;
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
