// Gate: decides about one call, in the order of the fields of the access rule, token first.
//
// Thread-safe and immutable but for what Trust learns. Never blocks and never goes to the network:
// an unknown key is refused at once, and the source is asked to look for it in the background.
#pragma once

#include <chrono>
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "interceptors/policy.h"
#include "tokenforge/caller.h"

namespace grpc {
class ServerContextBase;
}

namespace tokenforge::internal {

class StreamWatch;
class TokenVerifier;
struct VerifiedToken;

struct GateOptions {
  std::chrono::seconds fresh_within{30};
  std::chrono::seconds max_stale{24 * 60 * 60};  // 0: for ever
};

// What is proven of a caller.
struct Admission {
  Caller caller;
  const VerifiedToken* token = nullptr;  // the caller's, and kept by it; null without one
};

class Gate {
 public:
  // `verifier` is null when no rule needs a token; a rule that needs one then refuses
  // (TRUST_STALE).
  Gate(GateOptions options, std::shared_ptr<TokenVerifier> verifier);
  ~Gate();

  // OK and who calls; or the refusal, and then `admission` is what is proven nevertheless, for the
  // log: never given to a handler.
  absl::Status Admit(const MethodRule& rule, const grpc::ServerContextBase& context,
                     Admission* admission) const;

  // A token that came another way, for any of the configured audiences.
  absl::StatusOr<Caller> Verify(std::string_view token) const;

  // Watches over long calls; null when no rule needs a token.
  StreamWatch* streams() const { return streams_.get(); }

 private:
  using Token = std::shared_ptr<const VerifiedToken>;
  absl::StatusOr<Token> CheckToken(std::string_view token, const std::string& audience,
                                   std::chrono::seconds max_stale) const;
  static absl::Status CheckRights(const MethodRule& rule, const Caller& caller);

  const GateOptions options_;
  const std::shared_ptr<TokenVerifier> verifier_;
  const std::unique_ptr<StreamWatch> streams_;
};

}  // namespace tokenforge::internal
