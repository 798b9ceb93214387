#include "services/keys/jwks_watch.h"

#include <algorithm>

#include "lib/rpc/watch_stream.h"
#include "services/keys/jwks_feed.h"
#include "services/keys/key_keeper.h"
#include "tokenforge/keys/v1/keys.pb.h"

namespace tokenforge::keys {

grpc::ServerWriteReactor<v1::WatchJwksResponse>* WatchJwks(const KeyKeeper* keeper, JwksFeed* feed,
                                                           std::uint64_t known_version) {
  return rpc::Watch<v1::WatchJwksResponse>(
      feed, [keeper, feed, known = known_version,
             heard = ~std::uint64_t{0}](v1::WatchJwksResponse& message) mutable {
        const auto set = keeper->Current();
        const std::uint64_t pulse = feed->pulse();
        const std::uint64_t version = set == nullptr ? 0 : set->version();
        if (version <= known && pulse == heard) return false;  // a first message always goes
        message.set_version(version);
        // A client that knows a newer set (from a replica that is ahead) keeps it.
        if (version > known) message.set_jwks(set->jwks());
        known = std::max(known, version);
        heard = pulse;
        return true;
      });
}

}  // namespace tokenforge::keys
