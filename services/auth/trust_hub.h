// TrustHub: what this replica of the façade knows of keys and revocations, for everyone who asks.
//
// It is told by TrustFeeds (keys and sessions, in the background) and by the flows that revoke (at
// once), and hands on: to this process's own guard through a Trust, to other guards through
// TrustService, and to the world through JWKS. Thread-safe. When Apply has returned, this replica
// refuses what was revoked.
#pragma once

#include <cstdint>
#include <memory>
#include <string>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
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

class TrustHub {
 public:
  using Revocations = google::protobuf::RepeatedPtrField<sessions::v1::Revocation>;

  // `guard_trust` is what the guard of this process believes in; `clock` outlives this object.
  TrustHub(std::string issuer, std::shared_ptr<Trust> guard_trust, const clock::Clock& clock);
  ~TrustHub();

  // A key set from the keys service. INVALID_FIELD when it holds no usable key: the former one
  // stays.
  absl::Status PublishKeys(std::uint64_t keys_version, const std::string& jwks);

  // What a revoking call has answered.
  void Apply(const Revocations& revocations);

  // What the feed of revocations has told; also when that was nothing new. The first time makes
  // revocations known.
  void Hear(const Revocations& revocations);

  // The state for guards; null until keys and revocations are known.
  std::shared_ptr<const v1::TrustSnapshot> Snapshot() const;

  // The keys alone; null until they are known.
  std::shared_ptr<const PublicKeys> Keys() const;

 private:
  const std::shared_ptr<Trust> guard_trust_;
  const clock::Clock& clock_;
  mutable sync::Mutex mutex_;
  mutable TrustState state_ ABSL_GUARDED_BY(mutex_);  // forgets with time, also when only asked
  std::shared_ptr<const PublicKeys> keys_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::auth
