// mTLS for servers and clients of the trust domain: both sides prove a SPIFFE ID under one CA.
//
// The files are watched: new certificates are used for new connections, and a set that does not fit
// together is not taken (the old one stays in use, and one log line says what is wrong).
// Thread-safe.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"

namespace grpc {
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace tokenforge {

// Paths of PEM files: our certificate chain, its private key, and the CA that peers must chain to.
struct MtlsFiles {
  std::string cert_file;
  std::string key_file;
  std::string ca_file;
};

// For ServerBuilder::AddListeningPort: refuses the handshake without a client certificate of the
// CA. INVALID_ARGUMENT INVALID_FIELD with everything that is wrong with the files.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> MtlsServerCredentials(
    const MtlsFiles& files);

// For grpc::CreateChannel: accepts only a server of this SPIFFE ID (or path in our own trust
// domain).
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> MtlsChannelCredentials(
    const MtlsFiles& files, const std::string& server_identity);

}  // namespace tokenforge
