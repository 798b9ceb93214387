// mTLS credentials: both sides prove a SPIFFE ID under our CA, there is no plaintext, and files may
// change at any time.
//
// Certificate, key and CA files are watched and reloaded for new connections; open ones live on
// (MAX_CONNECTION_AGE ends them in time). A new set of files that does not fit together is not
// taken: the old one stays in use and one log line says what is wrong. So files may be replaced in
// any order; the last write completes the set. The credentials are thread-safe; they keep what they
// watch alive.
#pragma once

#include <chrono>
#include <memory>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "lib/rpc/spiffe.h"

namespace grpc {
class ChannelCredentials;
class ServerCredentials;
}  // namespace grpc

namespace tokenforge::rpc {

// Paths of PEM files: our certificate chain, its private key, and the CA certificates that peers
// must chain to (the system's own list never counts).
struct TlsFiles {
  std::string cert_file;
  std::string key_file;
  std::string ca_file;
};

// INVALID_FIELD with every fault: unreadable or not PEM, key and certificate that do not match, a
// certificate that is no X509-SVID, has expired or does not chain to the CA, an RSA key under 2048
// bits.
absl::Status CheckTlsFiles(const TlsFiles& files);

// For a server: asks for a client certificate and refuses the handshake without one of our CA. Who
// the client is and whether it may call is for PeerOf and the guard. Fails as CheckTlsFiles does.
absl::StatusOr<std::shared_ptr<grpc::ServerCredentials>> ServerTls(
    const TlsFiles& files, std::chrono::seconds reload = std::chrono::seconds(1));

// For a client: shows our certificate and accepts only a server whose X509-SVID matches `server`;
// its host name does not count. Fails as CheckTlsFiles does.
absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> ChannelTls(
    const TlsFiles& files, SpiffePattern server,
    std::chrono::seconds reload = std::chrono::seconds(1));

}  // namespace tokenforge::rpc
