// A certificate, its key and the CA as PEM texts, and whether they fit together. Internal to
// lib/rpc.
//
// Pure but for reading files and the clock; thread-safe.
#pragma once

#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/rpc/tls.h"

namespace tokenforge::rpc::internal {

struct Certificates {
  std::string cert;
  std::string key;
  std::string ca;
  friend bool operator==(const Certificates&, const Certificates&) = default;
};

// INVALID_FIELD naming each file that cannot be read.
absl::StatusOr<Certificates> ReadCertificates(const TlsFiles& files);

// Whether they can serve together: see CheckTlsFiles. `files` is for messages.
absl::Status CheckCertificates(const Certificates& certificates, const TlsFiles& files);

}  // namespace tokenforge::rpc::internal
