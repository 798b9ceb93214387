#include "lib/rpc/channel.h"

#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/support/channel_arguments.h>

#include <algorithm>
#include <utility>

#include "absl/strings/str_cat.h"
#include "lib/errors/errors.h"
#include "lib/rpc/client_metrics.h"
#include "lib/rpc/peer.h"
#include "lib/rpc/target.h"

namespace tokenforge::rpc {
namespace {

bool IsName(std::string_view text) {
  return !text.empty() && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '_';
  });
}

// Names become JSON below: nothing but a name may be one.
absl::Status CheckMethods(const ChannelOptions& options) {
  std::vector<errors::FieldFault> faults;
  for (const std::string& method : options.idempotent_methods) {
    const std::string_view name = method;
    const size_t slash = name.find('/');
    if (slash == std::string_view::npos || !IsName(name.substr(0, slash)) ||
        !IsName(name.substr(slash + 1))) {
      faults.push_back({method, "is not a full method name such as package.Service/Method"});
    }
  }
  return errors::InvalidFields(faults);
}

grpc::ChannelArguments ArgumentsOf(const ChannelOptions& options) {
  grpc::ChannelArguments arguments;
  arguments.SetServiceConfigJSON(ServiceConfigJson(options));
  arguments.SetMaxReceiveMessageSize(options.max_response_bytes);
  arguments.SetMaxSendMessageSize(options.max_request_bytes);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, 16 * 1024);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIME_MS, 30'000);
  arguments.SetInt(GRPC_ARG_KEEPALIVE_TIMEOUT_MS, 5'000);
  // The "minimum back-off" is also how long one attempt may take, TLS handshake included: a peer
  // that is busy starting needs more than a second.
  arguments.SetInt(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5'000);
  arguments.SetInt(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 2'000);
  // A name is asked again when a connection ends, but no more often than this. With gRPC's 30 s an
  // update that replaces all replicas faster leaves a client with addresses at which nobody is any
  // more.
  arguments.SetInt(GRPC_ARG_DNS_MIN_TIME_BETWEEN_RESOLUTIONS_MS, 3'000);
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);  // an http_proxy variable must not redirect us
  return arguments;
}

}  // namespace

// The retry budget: a call that worked pays for half a retry. So one replica of three may fail every
// call, such as one that a network cuts off from its store, and callers see nothing of it; while
// in an outage of all fifty retries are made and then none. With a tenth, a third of all calls
// failed for as long as that one replica refused.
std::string ServiceConfigJson(const ChannelOptions& options) {
  std::string names;
  for (const std::string& method : options.idempotent_methods) {
    const size_t slash = method.find('/');
    absl::StrAppend(&names, names.empty() ? "" : ",", R"({"service":")", method.substr(0, slash),
                    R"(","method":")", method.substr(slash + 1), R"("})");
  }
  std::string json = R"({"loadBalancingConfig":[{"round_robin":{}}])";
  if (options.health_checking) absl::StrAppend(&json, R"(,"healthCheckConfig":{"serviceName":""})");
  if (!names.empty()) {
    absl::StrAppend(&json, R"(,"methodConfig":[{"name":[)", names,
                    R"(],"retryPolicy":{"maxAttempts":4,"initialBackoff":"0.05s",)",
                    R"("maxBackoff":"1s","backoffMultiplier":2,)",
                    R"("retryableStatusCodes":["UNAVAILABLE","CANCELLED"]}}],)",
                    R"("retryThrottling":{"maxTokens":100,"tokenRatio":0.5})");
  }
  return json + "}";
}

absl::StatusOr<std::shared_ptr<grpc::Channel>> Connect(const std::string& target,
                                                       const TlsFiles& files,
                                                       std::string_view server,
                                                       const ChannelOptions& options) {
  if (absl::Status methods = CheckMethods(options); !methods.ok()) return methods;
  const auto own = SpiffeIdOfCertificateFile(files.cert_file);
  if (!own.ok()) return own.status();
  auto pattern = SpiffePattern::Parse(server, own->trust_domain());
  if (!pattern.ok()) return pattern.status();
  const auto name = TargetOf(target);
  if (!name.ok()) return name.status();
  auto credentials = ChannelTls(files, *std::move(pattern));
  if (!credentials.ok()) return credentials.status();
  grpc::ChannelArguments arguments = ArgumentsOf(options);
  // gRPC would send the whole list as :authority, which is no authority (RFC 9113).
  if (AddressCount(target) > 1) arguments.SetString(GRPC_ARG_DEFAULT_AUTHORITY, "replicas");
  std::vector<std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface>> interceptors;
  interceptors.push_back(internal::ClientMetrics(AddressCount(target) > 1 ? "" : target));
  return grpc::experimental::CreateCustomChannelWithInterceptors(*name, *credentials, arguments,
                                                                 std::move(interceptors));
}

}  // namespace tokenforge::rpc
