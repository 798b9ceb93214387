#include "lib/rpc/tracing.h"

#include <arpa/inet.h>
#include <grpcpp/channel.h>
#include <grpcpp/create_channel.h>
#include <grpcpp/security/credentials.h>
#include <grpcpp/security/tls_certificate_provider.h>
#include <grpcpp/security/tls_certificate_verifier.h>
#include <grpcpp/security/tls_credentials_options.h>
#include <grpcpp/support/channel_arguments.h>

#include <charconv>
#include <optional>
#include <utility>

#include "lib/errors/errors.h"
#include "lib/otlp/exporter.h"
#include "lib/rpc/peer.h"
#include "lib/telemetry/sampling.h"
#include "lib/telemetry/trace.h"

namespace tokenforge::rpc {
namespace {

constexpr unsigned kReloadSeconds = 10;

struct Endpoint {
  bool tls = false;
  std::string host;  // without brackets
  std::string host_and_port;
};

bool IsLoopback(const std::string& host) {
  in_addr v4{};
  in6_addr v6{};
  if (inet_pton(AF_INET, host.c_str(), &v4) == 1) return (ntohl(v4.s_addr) >> 24) == 127;
  if (inet_pton(AF_INET6, host.c_str(), &v6) == 1) return IN6_IS_ADDR_LOOPBACK(&v6);
  return host == "localhost";
}

bool IsPort(std::string_view text) {
  int port = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), port);
  return error == std::errc() && end == text.data() + text.size() && port > 0 && port <= 65535;
}

std::optional<Endpoint> Parse(std::string_view text) {
  Endpoint endpoint;
  endpoint.tls = text.starts_with("https://");
  if (!endpoint.tls && !text.starts_with("http://")) return std::nullopt;
  text.remove_prefix(endpoint.tls ? 8 : 7);
  if (text.ends_with('/')) text.remove_suffix(1);
  endpoint.host_and_port = text;
  const std::size_t colon = text.rfind(':');
  if (colon == std::string_view::npos || !IsPort(text.substr(colon + 1))) return std::nullopt;
  std::string_view host = text.substr(0, colon);
  const bool bracketed = host.starts_with('[') && host.ends_with(']');
  if (bracketed) host = host.substr(1, host.size() - 2);
  if (host.empty() || host.find_first_of("/@?#[] ") != std::string_view::npos ||
      (!bracketed && host.find(':') != std::string_view::npos)) {
    return std::nullopt;
  }
  endpoint.host = host;
  return endpoint;
}

std::optional<double> RatioOf(std::string_view text) {
  double ratio = 0;
  const auto [end, error] = std::from_chars(text.data(), text.data() + text.size(), ratio);
  if (error != std::errc() || end != text.data() + text.size()) return std::nullopt;
  if (!(ratio >= 0 && ratio <= 1)) return std::nullopt;
  return ratio;
}

// A collector that is not of the suite: ordinary TLS, its name checked, our certificate shown when
// we have one. gRPC reads the files again by itself.
std::shared_ptr<grpc::ChannelCredentials> NamedTls(const TlsFiles& files, const std::string& ca) {
  using grpc::experimental::FileWatcherCertificateProvider;
  grpc::experimental::TlsChannelCredentialsOptions options;
  if (files.cert_file.empty()) {
    options.set_certificate_provider(
        std::make_shared<FileWatcherCertificateProvider>(ca, kReloadSeconds));
  } else {
    options.set_certificate_provider(std::make_shared<FileWatcherCertificateProvider>(
        files.key_file, files.cert_file, ca, kReloadSeconds));
    options.watch_identity_key_cert_pairs();
  }
  options.watch_root_certs();
  options.set_verify_server_certs(true);
  options.set_certificate_verifier(
      std::make_shared<grpc::experimental::HostNameCertificateVerifier>());
  return grpc::experimental::TlsCredentials(options);
}

absl::StatusOr<std::shared_ptr<grpc::ChannelCredentials>> CredentialsOf(
    const Endpoint& endpoint, const TraceSettings& settings, const TlsFiles& files) {
  if (!endpoint.tls) return grpc::InsecureChannelCredentials();
  if (!settings.identity.empty()) {
    const auto own = SpiffeIdOfCertificateFile(files.cert_file);
    if (!own.ok()) return own.status();
    auto pattern = SpiffePattern::Parse(settings.identity, own->trust_domain());
    if (!pattern.ok()) return pattern.status();
    return ChannelTls(files, *std::move(pattern));
  }
  const std::string& ca = settings.ca_file.empty() ? files.ca_file : settings.ca_file;
  if (ca.empty()) {
    return errors::InvalidFields(
        {{"otlp-ca-file", "must name the CA of the collector's certificate"}});
  }
  return NamedTls(files, ca);
}

std::shared_ptr<grpc::Channel> ChannelTo(
    const Endpoint& endpoint, const std::shared_ptr<grpc::ChannelCredentials>& credentials) {
  grpc::ChannelArguments arguments;
  arguments.SetInt(GRPC_ARG_ENABLE_HTTP_PROXY, 0);
  arguments.SetInt(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 5'000);
  arguments.SetInt(GRPC_ARG_MAX_METADATA_SIZE, 16 * 1024);
  // No interceptor: what exports spans makes none.
  return grpc::CreateCustomChannel("dns:///" + endpoint.host_and_port, credentials, arguments);
}

}  // namespace

std::vector<std::string> MistakesIn(const TraceSettings& settings) {
  std::vector<std::string> mistakes;
  if (!RatioOf(settings.sample_ratio)) {
    mistakes.push_back("trace-sample-ratio must be a number from 0 to 1, such as 0.01");
  }
  if (settings.endpoint.empty()) return mistakes;
  const std::optional<Endpoint> endpoint = Parse(settings.endpoint);
  if (!endpoint) {
    mistakes.push_back("otlp-endpoint must be https://HOST:PORT or http://127.0.0.1:PORT");
  } else if (!endpoint->tls && !IsLoopback(endpoint->host)) {
    mistakes.push_back("otlp-endpoint must be https:// when the collector is on another machine");
  }
  return mistakes;
}

absl::StatusOr<std::shared_ptr<otlp::Exporter>> StartTracing(const TracedProcess& process,
                                                             const TraceSettings& settings,
                                                             const TlsFiles& files) {
  std::vector<errors::FieldFault> faults;
  for (const std::string& mistake : MistakesIn(settings)) faults.push_back({"tracing", mistake});
  if (!faults.empty()) return errors::InvalidFields(faults);
  telemetry::SetRootSampleRatio(*RatioOf(settings.sample_ratio));
  if (settings.endpoint.empty()) return std::shared_ptr<otlp::Exporter>();
  const Endpoint endpoint = *Parse(settings.endpoint);
  const auto credentials = CredentialsOf(endpoint, settings, files);
  if (!credentials.ok()) return credentials.status();
  otlp::Origin origin{process.name, process.version, telemetry::NewRequestId()};
  auto exporter = std::make_shared<otlp::Exporter>(
      telemetry::SpansOfProcess(), otlp::CollectorAt(ChannelTo(endpoint, *credentials)),
      std::move(origin), otlp::Exporter::Options());
  if (!exporter->Start()) {
    return absl::FailedPreconditionError("this process exports its spans already");
  }
  return exporter;
}

}  // namespace tokenforge::rpc
