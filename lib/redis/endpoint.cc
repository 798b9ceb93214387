#include <charconv>

#include "lib/errors/errors.h"
#include "lib/redis/client.h"

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

absl::StatusOr<Endpoint> ParseUnix(std::string_view rest) {
  Endpoint endpoint;
  const size_t query = rest.find('?');
  endpoint.socket_path = rest.substr(0, query);
  if (query != std::string_view::npos) {
    std::string_view setting = rest.substr(query + 1);
    if (!Consume(&setting, "db=") || !ParseNumber(setting, 0, 1 << 20, &endpoint.database)) {
      return Wrong("after `?` only `db=NUMBER` is known");
    }
  }
  constexpr size_t kLongest = 107;  // sockaddr_un
  if (!endpoint.socket_path.starts_with('/') || endpoint.socket_path.size() > kLongest) {
    return Wrong("a socket's path is absolute and has at most 107 characters");
  }
  return endpoint;
}

absl::StatusOr<Endpoint> ParseTcp(std::string_view rest) {
  Endpoint endpoint;
  const size_t slash = rest.find('/');
  if (slash != std::string_view::npos) {
    if (!ParseNumber(rest.substr(slash + 1), 0, 1 << 20, &endpoint.database)) {
      return Wrong("after the port and `/` comes the number of a database");
    }
    rest = rest.substr(0, slash);
  }
  std::string_view port;
  if (rest.starts_with('[')) {  // an IPv6 address
    const size_t close = rest.find(']');
    if (close == std::string_view::npos) return Wrong("`]` is missing");
    endpoint.host = rest.substr(1, close - 1);
    port = rest.substr(close + 1);
  } else {
    const size_t colon = rest.find(':');
    endpoint.host = rest.substr(0, colon);
    port = colon == std::string_view::npos ? "" : rest.substr(colon);
  }
  if (endpoint.host.empty()) return Wrong("the host is missing");
  if (!port.empty() && (!Consume(&port, ":") || !ParseNumber(port, 1, 65535, &endpoint.port))) {
    return Wrong("a port is a number from 1 to 65535");
  }
  return endpoint;
}

}  // namespace

absl::StatusOr<Endpoint> ParseEndpoint(std::string_view address) {
  if (address.find('@') != std::string_view::npos) {
    return Wrong("no user or password in the address; they come from settings and a file");
  }
  if (Consume(&address, "unix://")) return ParseUnix(address);
  if (Consume(&address, "redis://")) return ParseTcp(address);
  return Wrong("begins with `unix://` or `redis://`");
}

}  // namespace tokenforge::redis
