// grpc.health.v1.Health of a server, following its readiness.
//
// Why not gRPC's own: an open Watch of its service makes Server::Shutdown take the whole deadline.
// Here EndWatches ends them. There is one state for the whole server; asked for a service that is
// not ours, Check is NOT_FOUND and Watch says SERVICE_UNKNOWN, as the protocol asks. Thread-safe.
// Outlives the grpc::Server that it is registered with.
#pragma once

#include <memory>
#include <string>
#include <vector>

namespace grpc {
class Service;
}

namespace tokenforge::rpc {

class Health {
 public:
  // Says SERVING or NOT_SERVING for "" (the server) and for each of these full service names.
  explicit Health(std::vector<std::string> services = {});
  ~Health();

  // What to register with the builder; owned by this object. No guard stands before it: it tells
  // nothing but this.
  grpc::Service* service();

  void SetServing(bool serving);

  // Ends every Watch, now and from now on, with UNAVAILABLE DRAINING.
  void EndWatches();

 private:
  class Body;
  std::unique_ptr<Body> body_;
};

}  // namespace tokenforge::rpc
