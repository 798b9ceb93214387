// GuardReportStore on Redis: a key `tf:{keys}:guards:<facade_id>` for each façade replica, which
// Redis lets expire (so that no replica's clock matters), and a set `tf:{keys}:guards` of the IDs
// that have one. Each operation asks who is there, and is one script then.
#pragma once

#include <chrono>
#include <string>
#include <vector>

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
  // Stores `facade`'s report (empty: withdraws it), unless `facade` is empty; answers all.
  async::Task<absl::StatusOr<std::vector<GuardReport>>> Exchange(std::string facade,
                                                                 std::string report,
                                                                 clock::SteadyTime deadline);

  redis::Client& client_;
  const std::chrono::milliseconds life_;
};

}  // namespace tokenforge::keys
