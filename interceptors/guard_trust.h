// GuardTrust: all that a guard knows of its issuers: for each a Trust, the source that fills it,
// and how its tokens are verified; and what operators see of them.
//
// Set up on one thread; everything else from any. Its verifier must not outlive it.
#pragma once

#include <chrono>
#include <memory>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/errors/errors.h"
#include "lib/jose/policy.h"
#include "tokenforge/guard.h"

namespace tokenforge::internal {

class Source;
class TokenVerifier;

// What is wrong with GuardOptions::more_issuers and guard_id.
void CheckIssuers(const GuardOptions& options, std::vector<errors::FieldFault>& faults);

class GuardTrust {
 public:
  // Opens the sources. `policies` are those of the guard's own issuer and then of more_issuers, in
  // this order. INVALID_FIELD for files, addresses and identities that are no good.
  static absl::StatusOr<std::unique_ptr<GuardTrust>> Open(
      const GuardOptions& options, const std::vector<jose::ValidationPolicy>& policies);
  ~GuardTrust();

  // Whether there are keys of the guard's own issuer. Others that are away must not keep a server
  // from serving its own users.
  bool HasKeys() const;
  bool WaitForKeys(std::chrono::steady_clock::time_point deadline) const;

  const std::shared_ptr<TokenVerifier>& verifier() const { return verifier_; }

 private:
  struct Metrics;
  GuardTrust();

  std::vector<std::shared_ptr<Trust>> trusts_;  // the guard's own issuer's first
  std::unique_ptr<Metrics> metrics_;
  std::vector<std::unique_ptr<Source>> sources_;  // null for a Trust in process
  std::shared_ptr<TokenVerifier> verifier_;
};

}  // namespace tokenforge::internal
