// Between the messages of TakeTokens and the types of the rate limiter. Requests are checked here,
// every fault at once; what comes out is sound. Pure and thread-safe.
#pragma once

#include <vector>

#include "absl/status/statusor.h"
#include "services/sessions/rate_limiter.h"

namespace tokenforge::sessions::v1 {
class TakeTokensRequest;
class TakeTokensResponse;
}  // namespace tokenforge::sessions::v1

namespace tokenforge::sessions {

struct TakeWish {
  bool gives_back = false;
  std::vector<PartitionedShare> shares;
};

// INVALID_FIELD naming every field that will not do (sessions.proto, TakeTokens).
absl::StatusOr<TakeWish> ReadTake(const v1::TakeTokensRequest& request, const RateLimits& limits);

void Put(const StepResult& result, const v1::TakeTokensRequest& request,
         v1::TakeTokensResponse* to);

}  // namespace tokenforge::sessions
