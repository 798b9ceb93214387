// RevocationWatch: one WatchRevocations stream.
//
// It keeps no queue: when the client has taken a message, the next one is made of whatever came
// since. States, threads and owners are those of lib/rpc/watch_stream.h.
#pragma once

#include <string>

#include "lib/clock/clock.h"

namespace grpc {
template <class Response>
class ServerWriteReactor;
}

namespace tokenforge::sessions {

class RevocationFeed;
namespace v1 {
class WatchRevocationsResponse;
}

// Begins a stream at the cursor; the feed and the clock outlive the server. At once UNAVAILABLE
// DRAINING when the process is ending.
grpc::ServerWriteReactor<v1::WatchRevocationsResponse>* WatchRevocations(RevocationFeed* feed,
                                                                         const clock::Clock* clock,
                                                                         std::string cursor);

}  // namespace tokenforge::sessions
