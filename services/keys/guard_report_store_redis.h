// GuardReportStore on Redis: a key `tf:{keys}:guards:<facade_id>` for each façade replica, which
// Redis lets expire (so that no replica's clock matters), and a set `tf:{keys}:guards` of the IDs
// that have one. Each operation is one script.
#pragma once

#include <chrono>
#include <string>

#include "lib/redis/client.h"
#include "services/keys/guard_report_store.h"

namespace tokenforge::keys {

class GuardReportStoreRedis final : public GuardReportStore {
 public:
  static constexpr char kIndex[] = "tf:{keys}:guards";

  // The client outlives the store. `life` is shorter only in tests.
  explicit GuardReportStoreRedis(redis::Client* client,
                                 std::chrono::milliseconds life = GuardReport::kLife)
      : client_(*client), life_(life) {}

  async::Task<absl::StatusOr<std::vector<GuardReport>>> Report(GuardReport report,
                                                               clock::SteadyTime deadline) override;
  async::Task<absl::StatusOr<std::vector<GuardReport>>> Read(clock::SteadyTime deadline) override;

 private:
  redis::Client& client_;
  const std::chrono::milliseconds life_;
};

}  // namespace tokenforge::keys
