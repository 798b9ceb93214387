// The `iss` of a token that nobody has verified yet: for a verifier of several issuers, to choose
// whose keys to verify it with (RFC 8725, section 3.8).
//
// Worth nothing for anything else: whoever sent the token wrote it. The keys of the chosen issuer
// and the check of the verified claim decide. Pure; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

namespace tokenforge::jose {

// Nothing when the token is over ValidationPolicy::kMostTokenBytes, is no compact JWS with strict
// JSON claims, or names no issuer.
std::optional<std::string> UnverifiedIssuer(std::string_view token);

}  // namespace tokenforge::jose
