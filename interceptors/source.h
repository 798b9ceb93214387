// Source: where a guard's keys and revocations come from. It fills a Trust on a thread of its own.
//
// A source starts when it is made and stops, without waiting for the network, when it is destroyed.
// Never throws, and never empties the trust: what cannot be had anew stays as it is and grows old.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "tokenforge/credentials.h"
#include "tokenforge/trust.h"

namespace tokenforge::internal {

class Source {
 public:
  virtual ~Source() = default;
  // A token named a key that is not among ours: ask for the keys once, now, unless such a question
  // is on its way. Cheap, from any thread; how often it is worth asking is the caller's to say.
  virtual void LookForNewKeys() = 0;
};

// How patient the feed is. Other values are for tests.
struct FeedTimes {
  std::chrono::milliseconds silence{15'000};   // three heartbeats without a message: reconnect
  std::chrono::milliseconds first_pause{100};  // before coming back, doubling up to …
  std::chrono::milliseconds longest_pause{5'000};
  std::chrono::milliseconds look_up{2'000};  // how long one answer of GetTrust may take
};

struct FacadeOptions {
  std::string address;
  std::string identity;
  MtlsFiles tls;
  std::string guard_id;
  std::string issuer;    // what the façade should say; a difference is logged
  std::string audience;  // what the guard protects, for operators
  FeedTimes times;
};

// Opens TrustService.WatchTrust and keeps it open: a snapshot at first, then each change as it
// happens, acknowledged once it is enforced. A feed that ends, or is silent for three heartbeats,
// is opened again after a pause with jitter, from where it stopped. One thread, which sleeps in
// gRPC until something comes. From a façade that does not serve the feed (UNIMPLEMENTED) GetTrust
// is asked each few seconds. INVALID_FIELD: files, address or identity are no good.
absl::StatusOr<std::unique_ptr<Source>> MakeFacadeSource(const FacadeOptions& options,
                                                         std::shared_ptr<Trust> trust);

// Reads a JWK Set from a file, and again each second, on a thread of its own. A file that cannot be
// used leaves the last keys, with one log line; read in vain, it does not count as heard.
// INVALID_FIELD: cannot be read or holds no usable key.
absl::StatusOr<std::unique_ptr<Source>> MakeJwksFileSource(const std::string& path,
                                                           std::shared_ptr<Trust> trust);

}  // namespace tokenforge::internal
