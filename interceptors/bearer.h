// The access token of a call, from its metadata (RFC 6750 section 2.1, RFC 9110 section 11.1).
// Pure.
#pragma once

#include <map>
#include <string_view>

#include "absl/status/statusor.h"

namespace grpc {
class string_ref;
}

namespace tokenforge::internal {

inline constexpr std::size_t kMaxTokenBytes = 8192;

// The token of the one `authorization` entry; a view of the metadata. Its length is looked at
// before anything else: gRPC itself takes megabytes from a client that has not yet acknowledged its
// limits. TOKEN_MISSING: no entry, more than one, or not of the scheme Bearer. TOKEN_MALFORMED:
// over 8 KiB.
absl::StatusOr<std::string_view> BearerToken(
    const std::multimap<grpc::string_ref, grpc::string_ref>& metadata);

}  // namespace tokenforge::internal
