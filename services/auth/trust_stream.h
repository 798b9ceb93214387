// TrustStream: one guard's WatchTrust stream.
//
// It keeps no queue. It knows up to which version it has sent; when there is news, or the last
// message has been taken, it fetches what leads from there to now. So a guard that reads slowly
// costs no memory: it is sent fewer and larger changes, and a snapshot when it was away for longer
// than the journal reaches. Messages are shared bytes (feed_messages.h).
//
//   opening ──open──► live ──┬─ the guard half-closes: OK
//      │                     ├─ the process ends: UNAVAILABLE DRAINING
//      │                     └─ a message that makes no sense: INVALID_ARGUMENT INVALID_FIELD
//      └─ no open within two heartbeats: DEADLINE_EXCEEDED
//
// Owns itself until gRPC is done with it; the fan-out holds it meanwhile. Callbacks of the fan-out
// and of gRPC may come together from any thread.
#pragma once

namespace grpc {
class ByteBuffer;
class CallbackServerContext;
template <class Request, class Response>
class ServerBidiReactor;
}  // namespace grpc
namespace tokenforge::clock {
class Clock;
}

namespace tokenforge::auth {

class GuardRegistry;
class TrustFanOut;
class TrustHub;

// What streams live on; all of it outlives the server.
struct TrustFeed {
  TrustHub& hub;
  TrustFanOut& fan_out;
  GuardRegistry& guards;
  const clock::Clock& clock;
};

// Begins a stream. At once UNAVAILABLE DRAINING when the process is ending, and RESOURCE_EXHAUSTED
// OVERLOADED when there are too many.
grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* WatchTrust(
    const TrustFeed& feed, const grpc::CallbackServerContext& context);

}  // namespace tokenforge::auth
