// Who is at the other end of a connection: the SPIFFE ID of a certificate, checked as X509-SVID
// asks.
//
// gRPC checks the chain only; these functions check the leaf (X509-SVID sections 2, 4.1, 4.3, 5.2):
// exactly one URI SAN and that a SPIFFE ID, CA false, neither keyCertSign nor cRLSign. Names in CN,
// DNS or e-mail SANs never count. Thread-safe. A certificate is parsed once and remembered in a
// small bounded cache (connections are few, calls are many).
#pragma once

#include <string>
#include <string_view>

#include "absl/status/statusor.h"
#include "lib/rpc/spiffe.h"

namespace grpc {
class ServerContextBase;
}

namespace tokenforge::rpc {

// The identity of a call's client. PEER_NOT_ALLOWED: no certificate (a plaintext connection), or
// one that is no X509-SVID. Reads the connection's AuthContext and never writes to it: it is shared
// by all calls of the connection.
absl::StatusOr<SpiffeId> PeerOf(const grpc::ServerContextBase& context);

// The identity in a PEM certificate (the first one of a chain). PEER_NOT_ALLOWED as above.
absl::StatusOr<SpiffeId> SpiffeIdOfCertificate(std::string_view pem);

// The same for a file, which is how a process learns its own name and trust domain. INVALID_FIELD:
// not readable.
absl::StatusOr<SpiffeId> SpiffeIdOfCertificateFile(const std::string& path);

}  // namespace tokenforge::rpc
