#include "services/auth/limit_refusal.h"

#include <grpcpp/server_context.h>

#include <algorithm>
#include <chrono>
#include <string>

#include "lib/errors/errors.h"
#include "lib/errors/limit.h"
#include "lib/rpc/call.h"

namespace tokenforge::auth {
namespace {

using google::protobuf::Duration;
using sessions::v1::TakeTokensRequest;
using sessions::v1::TakeTokensResponse;
using std::chrono::milliseconds;
namespace reasons = errors::reasons;

constexpr milliseconds kSoonest{1};
constexpr std::string_view kLock = "account_lock";

// Rounded up: who comes back at that moment is not to be early.
milliseconds MillisecondsOf(const Duration& duration) {
  return milliseconds(duration.seconds() * 1000 + (duration.nanos() + 999'999) / 1'000'000);
}

std::chrono::seconds SecondsOf(const Duration& duration) {
  return std::chrono::seconds(duration.seconds() + (duration.nanos() > 0 ? 1 : 0));
}

// The level of the first bucket that held too few; null when the answer does not tell.
const TakeTokensResponse::Level* Refusing(const TakeTokensRequest& asked,
                                          const TakeTokensResponse& answer) {
  const int told = std::min(asked.buckets_size(), answer.levels_size());
  for (int i = 0; i < told; ++i) {
    if (answer.levels(i).remaining() < asked.buckets(i).tokens()) return &answer.levels(i);
  }
  return nullptr;
}

async::Task<absl::Status> WithHeaders(grpc::CallbackServerContext* context,
                                      async::Task<absl::Status> task) {
  absl::Status status = co_await std::move(task);
  if (const auto limit = errors::LimitOf(status)) {
    context->AddTrailingMetadata("ratelimit-limit", std::to_string(limit->limit));
    context->AddTrailingMetadata("ratelimit-remaining", std::to_string(limit->remaining));
    context->AddTrailingMetadata("ratelimit-reset", std::to_string(limit->reset.count()));
  }
  co_return status;
}

}  // namespace

absl::Status RefusalOf(const TakeTokensRequest& asked, const TakeTokensResponse& answer) {
  errors::Limit limit;
  if (const auto* level = Refusing(asked, answer); level != nullptr) {
    limit = {level->policy(), level->limit(), level->remaining(), SecondsOf(level->reset())};
  }
  const milliseconds after = std::max(kSoonest, MillisecondsOf(answer.retry_after()));
  if (limit.policy == kLock) {
    return errors::MakeLimited(reasons::ACCOUNT_LOCKED,
                               "too many failed attempts at this account: try again later", limit,
                               after);
  }
  return errors::MakeLimited(reasons::RATE_LIMITED, "too many attempts: try again later", limit,
                             after);
}

grpc::ServerUnaryReactor* ServeLimited(grpc::CallbackServerContext* context,
                                       async::Task<absl::Status> task) {
  return rpc::Serve(context, WithHeaders(context, std::move(task)));
}

}  // namespace tokenforge::auth
