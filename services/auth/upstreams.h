// Upstreams: the channels to the services behind the façade.
//
// Thread-safe once made; they live as long as the process.
#pragma once

#include <memory>

#include "absl/status/statusor.h"
#include "services/auth/config.h"

namespace grpc {
class Channel;
}

namespace tokenforge::auth {

struct Upstreams {
  std::shared_ptr<grpc::Channel> users;
  std::shared_ptr<grpc::Channel> keys;
  std::shared_ptr<grpc::Channel> sessions;
};

// INVALID_FIELD: bad certificate files or identities. Connects to nobody yet.
absl::StatusOr<Upstreams> ConnectUpstreams(const Config& config);

}  // namespace tokenforge::auth
