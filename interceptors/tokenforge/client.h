// Channels as the suite recommends them: every replica of a server, left before it shuts down, and
// calls sent again where that can do no harm.
//
//   tokenforge::ClientOptions options;
//   options.addresses = "dns:///auth.tokenforge.svc:7443";
//   options.identity = "/auth";
//   options.tls = {"tls.crt", "tls.key", "ca.crt"};
//   options.safe_to_repeat = tokenforge::FacadeMethodsSafeToRepeat();
//   const auto channel = tokenforge::MakeChannel(options);
//
// What such a channel does: round_robin over all addresses; client health checking, so a replica
// that drains gets no new call; retries of UNAVAILABLE and CANCELLED (which is what a call gets
// that arrives while a server shuts down) for the methods named, four attempts in all, and none any
// more when most of them fail; keepalive; back-off of at most 2 s; names asked again within 3 s of
// a lost connection. ServiceConfig is the same for clients in other languages.
//
// Thread-safe. A channel is meant to live as long as the process.
#pragma once

#include <memory>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tokenforge/credentials.h"

namespace grpc {
class Channel;
}

namespace tokenforge {

struct ClientOptions {
  // One gRPC name, all of whose addresses are used ("dns:///notes:7450", "notes:7450"), or the
  // addresses of the replicas, all IPv4 or all IPv6 ("10.0.0.1:7450,10.0.0.2:7450").
  std::string addresses;
  std::string identity;  // the server's SPIFFE ID, or its path in our own trust domain
  MtlsFiles tls;
  // "notes.v1.NotesService/ListNotes": methods that may be done twice when an answer was lost.
  std::vector<std::string> safe_to_repeat;
  bool health_checking = true;  // off for servers without grpc.health.v1
};

// Connects when first used. INVALID_ARGUMENT INVALID_FIELD: files, addresses, identity or a method
// are no good.
absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const ClientOptions& options);

// Of AuthService. Register, CompleteLogin and whatever takes a single-use code are not among them:
// done twice, they answer an error although they worked. A Login that is repeated leaves a session
// behind that nobody uses; a Logout that is repeated may answer TOKEN_REVOKED, which says that the
// first one worked.
const std::vector<std::string>& FacadeMethodsSafeToRepeat();

// The gRPC service config (JSON) that MakeChannel gives to gRPC.
std::string ServiceConfig(const std::vector<std::string>& safe_to_repeat);

}  // namespace tokenforge
