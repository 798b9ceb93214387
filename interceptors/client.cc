#include "tokenforge/client.h"

#include "lib/rpc/channel.h"

namespace tokenforge {
namespace {

rpc::ChannelOptions ChannelOptionsOf(const std::vector<std::string>& safe_to_repeat) {
  rpc::ChannelOptions options;
  options.idempotent_methods = safe_to_repeat;
  return options;
}

}  // namespace

absl::StatusOr<std::shared_ptr<grpc::Channel>> MakeChannel(const ClientOptions& options) {
  rpc::ChannelOptions channel = ChannelOptionsOf(options.safe_to_repeat);
  channel.health_checking = options.health_checking;
  return rpc::Connect(options.addresses,
                      {options.tls.cert_file, options.tls.key_file, options.tls.ca_file},
                      options.identity, channel);
}

const std::vector<std::string>& FacadeMethodsSafeToRepeat() {
  static const auto* const methods = new std::vector<std::string>{
      "tokenforge.auth.v1.AuthService/Login",
      "tokenforge.auth.v1.AuthService/Refresh",  // the same successor, within the grace
      "tokenforge.auth.v1.AuthService/Logout",
      "tokenforge.auth.v1.AuthService/LogoutAll",
      "tokenforge.auth.v1.AuthService/ListSessions",
      "tokenforge.auth.v1.AuthService/RevokeSession",
      "tokenforge.auth.v1.AuthService/WhoAmI",
      "tokenforge.auth.v1.AuthService/UpdateProfile",
      "tokenforge.auth.v1.AuthService/Introspect",
      "tokenforge.auth.v1.AuthService/IssueServiceToken",
  };
  return *methods;
}

std::string ServiceConfig(const std::vector<std::string>& safe_to_repeat) {
  return rpc::ServiceConfigJson(ChannelOptionsOf(safe_to_repeat));
}

}  // namespace tokenforge
