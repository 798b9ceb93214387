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
  // A token named a key that is not among ours: look soon. Cheap, from any thread, and at most one
  // look-up in 30 s follows from it, however often it is asked.
  virtual void LookForNewKeys() = 0;
};

struct FacadeOptions {
  std::string address;
  std::string identity;
  MtlsFiles tls;
  std::string guard_id;
  std::string issuer;  // what the façade should say; a difference is logged
  std::chrono::milliseconds poll_interval{500};
};

// Asks the façade's TrustService again and again; on failure less and less often, down to each 5 s,
// with jitter. INVALID_FIELD: files, address or identity are no good.
absl::StatusOr<std::unique_ptr<Source>> MakeFacadeSource(const FacadeOptions& options,
                                                         std::shared_ptr<Trust> trust);

// Reads a JWK Set from a file, and again when the file changes. INVALID_FIELD: cannot be read or
// holds no usable key.
absl::StatusOr<std::unique_ptr<Source>> MakeJwksFileSource(const std::string& path,
                                                           std::shared_ptr<Trust> trust);

}  // namespace tokenforge::internal
