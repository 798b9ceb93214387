// Access: who may see the status page: whoever knows the token in a file.
//
// HTTP Basic authentication (RFC 7617), because browsers ask for it by themselves; the token is the
// password, and the name does not count. The comparison takes the same time whatever was sent. A
// token is random and long, so that nobody finds it by trying, and no lock-out is needed that
// others could cause. Basic sends it as it is: the way to this port is the operator's
// (docs/status-page.md).
//
// Immutable, thread-safe.
#pragma once

#include <string_view>

#include "absl/status/statusor.h"
#include "lib/secret/secret.h"

namespace tokenforge::auth::status {

class Access {
 public:
  static constexpr std::size_t kLeast = 32;  // characters of a token
  static constexpr std::size_t kMost = 256;

  // INVALID_FIELD: a token that is too short or too long, or not of printable ASCII without blanks;
  // or a file that will not do (secret::ReadFile).
  static absl::StatusOr<Access> FromFile(const std::string& path);

  // Whether a header `Authorization` proves it.
  bool Admits(std::string_view authorization) const;

 private:
  explicit Access(secret::Secret token) : token_(std::move(token)) {}

  secret::Secret token_;
};

}  // namespace tokenforge::auth::status
