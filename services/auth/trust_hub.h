// TrustHub: what this replica of the façade knows of keys and revocations, for everyone who asks.
//
// It is told by TrustFeeds (keys and sessions, in the background) and by the flows that revoke (at
// once), and hands on: to this process's own guard through a Trust, to other guards through
// TrustService, and to the world through JWKS. Thread-safe. When Apply, Revoke or PublishKeys has
// returned, this replica refuses what was revoked, and whoever listens for news has been called.
#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <optional>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "services/auth/feed_messages.h"
#include "services/auth/key_succession.h"
#include "services/auth/trust_state.h"
#include "tokenforge/sessions/v1/sessions.pb.h"

namespace tokenforge {
class Trust;
}

namespace tokenforge::auth {

// The public keys as the HTTP port serves them. Immutable.
struct PublicKeys {
  std::string jwks;
  std::string etag;  // strong, with its quotes (RFC 9110 section 8.8.3)
};

// The keys in force here: their version in the keys service, and the first state that has them.
struct KeysInForce {
  std::uint64_t keys_version = 0;
  std::uint64_t since = 0;
};

class TrustHub {
 public:
  using Revocations = google::protobuf::RepeatedPtrField<sessions::v1::Revocation>;
  using PublicRevocations = google::protobuf::RepeatedPtrField<v1::Revocation>;

  // `guard_trust` is what the guard of this process believes in; `clock` outlives this object.
  TrustHub(std::string issuer, std::shared_ptr<Trust> guard_trust, const clock::Clock& clock,
           std::size_t journal_steps = TrustState::kJournalSteps);
  ~TrustHub();

  // Calls this after each change, on the thread that brought it; it must be quick and must not call
  // back. Set it before the feeds start, or null after they stopped.
  void OnNews(std::function<void()> listener);

  // A key set from the keys service. INVALID_FIELD when it holds no usable key: the former one
  // stays. An older version than the known one is not taken at first (KeySuccession); that is no
  // error.
  absl::Status PublishKeys(std::uint64_t keys_version, const std::string& jwks);

  // What a revoking call has answered.
  void Apply(const Revocations& revocations);
  // The same in the words of the trust feed, such as revoked keys.
  void Revoke(const PublicRevocations& revocations);

  // What the feed of revocations has told; also when that was nothing new. The first time makes
  // revocations known.
  void Hear(const Revocations& revocations);

  // When the feed of revocations was last heard; nothing before the first time.
  std::optional<clock::SteadyTime> HeardAt() const;

  // The state for guards; null until keys and revocations are known.
  std::shared_ptr<const v1::TrustSnapshot> Snapshot() const;

  // The next message for a stream whose guard was sent everything up to `version` (0: nothing yet);
  // null when there is nothing to say. `beat`: say at least that the feed is alive, and whether
  // this replica has heard of revocations lately.
  FeedMessages::Shared Next(std::uint64_t version, bool beat);

  // The version that a guard's cursor stands for; absent: it needs a snapshot.
  std::optional<std::uint64_t> VersionOf(const std::string& cursor);

  KeysInForce CurrentKeys() const;
  // The version of the keys that a state has; 0 when that is too long ago.
  std::uint64_t KeysVersionAt(std::uint64_t version) const;

  // The keys alone; null until they are known.
  std::shared_ptr<const PublicKeys> Keys() const;

 private:
  const std::shared_ptr<Trust> guard_trust_;
  const clock::Clock& clock_;
  std::function<void()> listener_;
  mutable sync::Mutex mutex_;
  mutable TrustState state_ ABSL_GUARDED_BY(mutex_);  // forgets with time, also when only asked
  clock::SteadyTime heard_at_ ABSL_GUARDED_BY(mutex_);
  KeySuccession succession_ ABSL_GUARDED_BY(mutex_);
  FeedMessages messages_ ABSL_GUARDED_BY(mutex_);
  std::shared_ptr<const PublicKeys> keys_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::auth
