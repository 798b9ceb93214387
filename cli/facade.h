// Facade: how to reach the façade, as which workload, and the errors of not reaching it.
//
// Blocks for at most five seconds; used by one thread.
#pragma once

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "lib/rpc/tls.h"

namespace grpc {
class Channel;
}
namespace tokenforge::config {
class Parser;
}

namespace tokenforge::cli {

struct FacadeOptions {
  std::string address;   // host:port
  std::string expected;  // its SPIFFE ID, or its path in our trust domain
  std::string certs;     // folder with IDENTITY.crt, IDENTITY.key and ca.crt
  std::string identity;  // whose certificate is ours
};

// --auth, --auth-identity, --certs, --identity. One default for all commands: a refresh token is
// good only for the workload (its certificate) that it was given to.
void Declare(config::Parser& parser, FacadeOptions* options);

rpc::TlsFiles TlsFilesOf(const FacadeOptions& options);

// A channel whose server has answered. kUsage: certificates that cannot be used, every fault named.
// kUnreachable, saying whether nobody listens there or whoever does is not the expected server (or
// does not trust us).
absl::StatusOr<std::shared_ptr<grpc::Channel>> Reach(const FacadeOptions& options);

// Whether a TCP connection to host:port comes about within two seconds; INVALID_ARGUMENT for an
// address that cannot be resolved, UNAVAILABLE saying why otherwise.
absl::Status Connects(const std::string& address);

}  // namespace tokenforge::cli
