// How old a server lets connections grow. Apart from the settings, which need a parser that a
// guarded server does not have.
#pragma once

#include <chrono>

namespace grpc {
class ServerBuilder;
}

namespace tokenforge::rpc {

// After this age a client is told to connect anew, and so finds new replicas; what runs on the old
// connection has five more minutes.
void LimitConnectionAge(std::chrono::milliseconds age, grpc::ServerBuilder& builder);

}  // namespace tokenforge::rpc
