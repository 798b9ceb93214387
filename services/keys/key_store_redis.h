// KeyStore on Redis: a hash `tf:{keys}:set` with the fields `version` and `value`; each operation
// one script.
//
// The hash lives a year after it was last read, so that nothing is left for ever by a suite that is
// gone; replicas that run read it every few seconds.
#pragma once

#include "lib/redis/client.h"
#include "services/keys/key_store.h"

namespace tokenforge::keys {

class KeyStoreRedis final : public KeyStore {
 public:
  static constexpr char kKey[] = "tf:{keys}:set";
  // Each new version is published here. Losing a message costs a poll interval, nothing else.
  static constexpr char kNews[] = "tf:{keys}:news";

  // The client outlives the store.
  explicit KeyStoreRedis(redis::Client* client) : client_(*client) {}

  async::Task<absl::StatusOr<std::optional<StoredValue>>> Read(clock::SteadyTime deadline) override;
  async::Task<absl::StatusOr<bool>> Replace(std::uint64_t expected, StoredValue next,
                                            clock::SteadyTime deadline) override;

 private:
  redis::Client& client_;
};

}  // namespace tokenforge::keys
