#include "lib/redis/endpoint.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "lib/errors/errors.h"

namespace tokenforge::redis {
namespace {

absl::Status Wrong(std::string_view what) {
  return errors::InvalidFields({{"redis address", std::string(what)}});
}

bool ParseNumber(std::string_view text, int min, int max, int* value) {
  const char* const end = text.data() + text.size();
  const auto [stop, fault] = std::from_chars(text.data(), end, *value);
  return fault == std::errc() && stop == end && !text.empty() && *value >= min && *value <= max;
}

bool Consume(std::string_view* text, std::string_view prefix) {
  if (!text->starts_with(prefix)) return false;
  text->remove_prefix(prefix.size());
  return true;
}

constexpr int kMostDatabases = 1 << 20;

absl::StatusOr<Endpoint> ParseUnix(std::string_view rest) {
  SingleEndpoint endpoint;
  const size_t query = rest.find('?');
  endpoint.server.socket_path = rest.substr(0, query);
  if (query != std::string_view::npos) {
    std::string_view setting = rest.substr(query + 1);
    if (!Consume(&setting, "db=") || !ParseNumber(setting, 0, kMostDatabases, &endpoint.database)) {
      return Wrong("after `?` only `db=NUMBER` is known");
    }
  }
  constexpr size_t kLongest = 107;  // sockaddr_un
  const std::string& path = endpoint.server.socket_path;
  if (!path.starts_with('/') || path.size() > kLongest) {
    return Wrong("a socket's path is absolute and has at most 107 characters");
  }
  return endpoint;
}

// host, host:port, [v6] or [v6]:port.
absl::StatusOr<ServerAddress> ParseServer(std::string_view text, int default_port) {
  ServerAddress server;
  server.port = default_port;
  std::string_view port;
  if (text.starts_with('[')) {
    const size_t close = text.find(']');
    if (close == std::string_view::npos) return Wrong("`]` is missing");
    server.host = text.substr(1, close - 1);
    port = text.substr(close + 1);
  } else {
    const size_t colon = text.find(':');
    server.host = text.substr(0, colon);
    port = colon == std::string_view::npos ? "" : text.substr(colon);
  }
  if (server.host.empty()) return Wrong("the host is missing");
  if (server.host.find_first_of("/?#[]") != std::string::npos) {
    return Wrong("a host is a name or an address");
  }
  if (!port.empty() && (!Consume(&port, ":") || !ParseNumber(port, 1, 65535, &server.port))) {
    return Wrong("a port is a number from 1 to 65535");
  }
  return server;
}

absl::StatusOr<std::vector<ServerAddress>> ParseServers(std::string_view rest, int default_port,
                                                        size_t most) {
  std::vector<ServerAddress> servers;
  for (size_t from = 0; from <= rest.size();) {
    const size_t comma = std::min(rest.find(',', from), rest.size());
    auto server = ParseServer(rest.substr(from, comma - from), default_port);
    if (!server.ok()) return server.status();
    if (std::find(servers.begin(), servers.end(), *server) != servers.end()) {
      return Wrong("an address is there twice");
    }
    servers.push_back(*std::move(server));
    from = comma + 1;
  }
  if (servers.size() > most) return Wrong("at most " + std::to_string(most) + " addresses");
  return servers;
}

absl::StatusOr<Endpoint> ParseTcp(std::string_view rest) {
  SingleEndpoint endpoint;
  const size_t slash = rest.find('/');
  if (slash != std::string_view::npos &&
      !ParseNumber(rest.substr(slash + 1), 0, kMostDatabases, &endpoint.database)) {
    return Wrong("after the port and `/` comes the number of a database");
  }
  auto server = ParseServer(rest.substr(0, slash), 6379);
  if (!server.ok()) return server.status();
  endpoint.server = *std::move(server);
  return endpoint;
}

absl::StatusOr<Endpoint> ParseSentinel(std::string_view rest) {
  SentinelEndpoint endpoint;
  const size_t slash = std::min(rest.find('/'), rest.size());
  auto sentinels = ParseServers(rest.substr(0, slash), 26379, SentinelEndpoint::kMost);
  if (!sentinels.ok()) return sentinels.status();
  endpoint.sentinels = *std::move(sentinels);
  endpoint.primary = rest.substr(std::min(slash + 1, rest.size()));
  constexpr size_t kLongest = 128;
  const auto plain = [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '.' ||
           c == '-' || c == '_';
  };
  if (endpoint.primary.empty() || endpoint.primary.size() > kLongest ||
      !std::all_of(endpoint.primary.begin(), endpoint.primary.end(), plain)) {
    return Wrong("after the Sentinels and `/` comes the name of the primary");
  }
  return endpoint;
}

absl::StatusOr<Endpoint> ParseCluster(std::string_view rest) {
  auto seeds = ParseServers(rest, 6379, ClusterEndpoint::kMost);
  if (!seeds.ok()) return seeds.status();
  return ClusterEndpoint{*std::move(seeds)};
}

}  // namespace

std::string NameOf(const ServerAddress& address) {
  if (!address.socket_path.empty()) return address.socket_path;
  const bool v6 = address.host.find(':') != std::string::npos;
  return (v6 ? "[" + address.host + "]" : address.host) + ":" + std::to_string(address.port);
}

absl::StatusOr<Endpoint> ParseEndpoint(std::string_view address) {
  if (address.find('@') != std::string_view::npos) {
    return Wrong("no user or password in the address; they come from settings and a file");
  }
  if (Consume(&address, "unix://")) return ParseUnix(address);
  if (Consume(&address, "redis://")) return ParseTcp(address);
  if (Consume(&address, "redis+sentinel://")) return ParseSentinel(address);
  if (Consume(&address, "redis+cluster://")) return ParseCluster(address);
  return Wrong("begins with `unix://`, `redis://`, `redis+sentinel://` or `redis+cluster://`");
}

}  // namespace tokenforge::redis
