#include <utility>

#include "lib/redis/client.h"
#include "lib/redis/cluster_client.h"
#include "lib/redis/sentinel_client.h"
#include "lib/redis/single_server.h"

namespace tokenforge::redis {
namespace {

struct Opening {
  std::unique_ptr<Client> operator()(SingleEndpoint& single) {
    return std::make_unique<SingleServer>(std::move(single), std::move(options), observer);
  }
  std::unique_ptr<Client> operator()(SentinelEndpoint& sentinels) {
    return std::make_unique<SentinelClient>(sentinels, std::move(options), observer);
  }
  std::unique_ptr<Client> operator()(ClusterEndpoint& cluster) {
    return std::make_unique<ClusterClient>(std::move(cluster), std::move(options), observer);
  }

  Options options;
  Observer* observer;
};

}  // namespace

std::unique_ptr<Client> Open(Options options, Observer* observer) {
  Endpoint endpoint = std::exchange(options.endpoint, Endpoint());
  return std::visit(Opening{std::move(options), observer}, endpoint);
}

}  // namespace tokenforge::redis
