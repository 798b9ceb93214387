#include "services/auth/upstreams.h"

#include "lib/rpc/channel.h"

namespace tokenforge::auth {
namespace {

// What may be sent twice without harm, and so is retried when a replica goes away (see the protos).
// CreateSession is not among them: each call makes a session.
const std::vector<std::string> kUsersMethods = {
    "tokenforge.users.v1.UserService/CreateUser",  // under an ID of ours
    "tokenforge.users.v1.UserService/VerifyPassword",
    "tokenforge.users.v1.UserService/GetLoginChallenge",
    "tokenforge.users.v1.UserService/GetUser",
    "tokenforge.users.v1.UserService/GetUserByEmail",
    "tokenforge.users.v1.UserService/ListUsers",
    "tokenforge.users.v1.UserService/UpdateUser",
    "tokenforge.users.v1.UserService/SetRoles",
    "tokenforge.users.v1.UserService/SetDisabled",
    "tokenforge.users.v1.UserService/DeleteUser",
    "tokenforge.users.v1.UserService/ListAuditEvents",
};
const std::vector<std::string> kKeysMethods = {
    "tokenforge.keys.v1.KeyService/SignToken",
    "tokenforge.keys.v1.KeyService/ListKeys",
    "tokenforge.keys.v1.KeyService/RevokeKey",
    "tokenforge.keys.v1.KeyService/ReportGuards",
};
const std::vector<std::string> kSessionsMethods = {
    "tokenforge.sessions.v1.SessionService/RotateRefreshToken",  // the same successor within the
                                                                 // grace
    "tokenforge.sessions.v1.SessionService/ListSessions",
    "tokenforge.sessions.v1.SessionService/RevokeSession",
    "tokenforge.sessions.v1.SessionService/RevokeUserSessions",
};

constexpr int kMaxAnswerBytes = 4 << 20;
constexpr int kMaxSnapshotBytes = 256 << 20;  // every live revocation, a million and more

}  // namespace

absl::StatusOr<Upstreams> ConnectUpstreams(const Config& config, const clock::Clock& clock,
                                           operators::Readiness& readiness) {
  Upstreams upstreams;
  const auto connect = [&](const char* name, const std::string& address,
                           const std::string& identity, const std::vector<std::string>& methods,
                           int max_response_bytes, rpc::Upstream& upstream) {
    rpc::ChannelOptions options;
    options.idempotent_methods = methods;
    options.max_response_bytes = max_response_bytes;
    auto channel = rpc::Connect(address, config.server.tls, identity, options);
    if (!channel.ok()) return channel.status();
    upstream.channel = *std::move(channel);
    upstream.circuit = std::make_shared<breaker::Circuit>(name, breaker::OptionsOf(config.circuit),
                                                          clock, readiness.NotingCircuit(name));
    return absl::OkStatus();
  };
  absl::Status connected = connect("users", config.users_address, config.users_identity,
                                   kUsersMethods, kMaxAnswerBytes, upstreams.users);
  connected.Update(connect("keys", config.keys_address, config.keys_identity, kKeysMethods,
                           kMaxAnswerBytes, upstreams.keys));
  connected.Update(connect("sessions", config.sessions_address, config.sessions_identity,
                           kSessionsMethods, kMaxSnapshotBytes, upstreams.sessions));
  if (!connected.ok()) return connected;
  upstreams.keys.counts_passed_on = false;
  return upstreams;
}

}  // namespace tokenforge::auth
