// TrustFeeds: this replica's one subscription to keys and sessions; whatever comes goes to the
// TrustHub.
//
// Both come as streams, which are resumed where the one before ended. When a service is away, what
// is known stays in use, and the feed comes back with back-off and jitter. Each feed has a thread
// of its own, which blocks in gRPC's synchronous calls; so nothing here runs on a thread that
// serves calls.
//
// With each new key set come the revoked keys, as revocations: a guard that holds a revoked key in
// a file, or in a cache, refuses it too. They are read from the keys service, so that every
// replica, and one that was restarted, tells the same.
//
// Start and Stop are called by one owner; the destructor stops. The hub outlives this object.
// KeysKnown and RevocationsKnown are thread-safe; once true they stay true.
#pragma once

#include <chrono>
#include <memory>

#include "lib/clock/agreed_clock.h"

namespace grpc {
class Channel;
}

namespace tokenforge::auth {

class TrustHub;

struct TrustFeedOptions {
  std::chrono::milliseconds keys_timeout{5000};               // of one question beside the stream
  std::chrono::seconds revoked_key_life{2 * (15 * 60 + 30)};  // how long guards refuse a key
  std::chrono::milliseconds first_retry{100};
  std::chrono::milliseconds last_retry{5000};
  std::chrono::milliseconds stream_life{60000};  // bounds how long a dead connection can go unseen
  clock::AgreedClock* clock = nullptr;  // hears what time sessions say it is; outlives the feeds
};

class TrustFeeds {
 public:
  TrustFeeds(TrustHub& hub, const std::shared_ptr<grpc::Channel>& keys,
             const std::shared_ptr<grpc::Channel>& sessions, const TrustFeedOptions& options = {});
  ~TrustFeeds();
  TrustFeeds(const TrustFeeds&) = delete;
  TrustFeeds& operator=(const TrustFeeds&) = delete;

  void Start();
  // Cancels what runs and joins the threads. Harmless when not started.
  void Stop();

  bool KeysKnown() const;
  bool RevocationsKnown() const;

 private:
  class KeysFeed;
  class RevocationsFeed;
  std::unique_ptr<KeysFeed> keys_;
  std::unique_ptr<RevocationsFeed> revocations_;
};

}  // namespace tokenforge::auth
