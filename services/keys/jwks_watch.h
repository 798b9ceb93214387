// JwksWatch: one WatchJwks stream.
//
// At most one message is on its way; the next one is made, when the client has taken it, of the
// newest set there is. States, threads and owners are those of lib/rpc/watch_stream.h.
#pragma once

#include <cstdint>

namespace grpc {
template <class Response>
class ServerWriteReactor;
}

namespace tokenforge::keys {

class JwksFeed;
class KeyKeeper;
namespace v1 {
class WatchJwksResponse;
}

// Begins a stream for a client that has this version, or 0; keeper and feed outlive the server. At
// once UNAVAILABLE DRAINING when the process is ending.
grpc::ServerWriteReactor<v1::WatchJwksResponse>* WatchJwks(const KeyKeeper* keeper, JwksFeed* feed,
                                                           std::uint64_t known_version);

}  // namespace tokenforge::keys
