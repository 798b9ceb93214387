// Endpoint: where Redis is — one server, a primary watched over by Sentinels, or a cluster — as an
// address that an operator writes.
//
//   unix:///path/to.sock            one server        (`?db=2`: another database than 0)
//   redis://host:port               one server        (`/2`:   another database than 0)
//   redis+sentinel://h:p,h:p/NAME   whoever is the primary that these Sentinels call NAME
//   redis+cluster://h:p,h:p         the cluster that these nodes belong to
//
// One node of a cluster, or one Sentinel, is enough to find the others; several are for the day
// when one is down. Ports are 6379, of Sentinels 26379, unless given; IPv6 addresses stand in
// brackets. No credentials in an address: secrets come from files. Plain values.
#pragma once

#include <string>
#include <string_view>
#include <variant>
#include <vector>

#include "absl/status/statusor.h"

namespace tokenforge::redis {

// What one process listens on.
struct ServerAddress {
  std::string socket_path;  // empty: TCP
  std::string host;
  int port = 6379;

  friend bool operator==(const ServerAddress&, const ServerAddress&) = default;
};

// "host:port", "[::1]:port" or the path: for logs, and as the name of a node.
std::string NameOf(const ServerAddress& address);

struct SingleEndpoint {
  ServerAddress server;
  int database = 0;
};

struct SentinelEndpoint {
  static constexpr size_t kMost = 16;
  std::vector<ServerAddress> sentinels;  // 1 to kMost
  std::string primary;                   // the name that the Sentinels know it by
};

// Clusters have only the database 0.
struct ClusterEndpoint {
  static constexpr size_t kMost = 64;
  std::vector<ServerAddress> seeds;  // 1 to kMost
};

using Endpoint = std::variant<SingleEndpoint, SentinelEndpoint, ClusterEndpoint>;

// INVALID_FIELD saying what is wrong with the address; it is not quoted.
absl::StatusOr<Endpoint> ParseEndpoint(std::string_view address);

}  // namespace tokenforge::redis
