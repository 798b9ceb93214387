#include "lib/rpc/connection_age.h"

#include <grpcpp/server_builder.h>

namespace tokenforge::rpc {

void LimitConnectionAge(std::chrono::milliseconds age, grpc::ServerBuilder& builder) {
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_MS, static_cast<int>(age.count()));
  builder.AddChannelArgument(GRPC_ARG_MAX_CONNECTION_AGE_GRACE_MS, 5 * 60 * 1000);
}

}  // namespace tokenforge::rpc
