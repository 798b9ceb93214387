// The JOSE header of an access token: read strictly, written in one form.
//
// Only `alg`, `kid` and `typ` are read. `crit` and `b64` are refused whatever they say, since
// nothing that they could demand is understood here (RFC 7515, section 4.1.11; RFC 7797). `jwk`,
// `jku`, `x5u`, `x5c` and every other member are never looked at: a token does not bring its own
// key (CVE-2018-0114). Pure; thread-safe.
#pragma once

#include <optional>
#include <string>
#include <string_view>

#include "lib/jose/algorithm.h"

namespace tokenforge::jose {

// RFC 9068, section 2.1.
inline constexpr std::string_view kAccessTokenType = "at+jwt";
inline constexpr std::string_view kAccessTokenMediaType = "application/at+jwt";

struct Header {
  std::string alg;
  std::string kid;
  std::optional<std::string> typ;
};

// Decodes and parses the first part of a token. Nothing when it is not strict base64url of a strict
// JSON object with the strings `alg` and `kid` (of at most kKidLimit bytes), or when it holds what
// is refused above.
std::optional<Header> ParseHeader(std::string_view segment);

// The encoded header {"alg":…,"kid":…,"typ":"at+jwt"} that our signer writes.
std::string HeaderSegment(Algorithm algorithm, std::string_view kid);

}  // namespace tokenforge::jose
