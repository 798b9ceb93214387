// What a caller who ran into a rate limit is told: an error, and the metadata that goes with it.
//
// Refusals are made in two places: here, of an answer of TakeTokens, and in the sessions service,
// which counts refreshes itself. Both carry what the metadata say, so that one place writes it.
#pragma once

#include "absl/status/status.h"
#include "lib/async/task.h"
#include "tokenforge/sessions/v1/sessions.pb.h"

namespace grpc {
class CallbackServerContext;
class ServerUnaryReactor;
}  // namespace grpc

namespace tokenforge::auth {

// Of an answer that did not allow: ACCOUNT_LOCKED when the account's lock refused, else
// RATE_LIMITED; with RetryInfo. The texts say nothing of who has an account. Pure.
absl::Status RefusalOf(const sessions::v1::TakeTokensRequest& asked,
                       const sessions::v1::TakeTokensResponse& answer);

// rpc::Serve for a method that may be refused by a limit: the trailing metadata `ratelimit-limit`,
// `ratelimit-remaining` and `ratelimit-reset` (seconds until the limit is whole again) of the limit
// that refused. Other answers have none of them: how much is left of which limit is nobody's
// business while it suffices.
grpc::ServerUnaryReactor* ServeLimited(grpc::CallbackServerContext* context,
                                       async::Task<absl::Status> task);

}  // namespace tokenforge::auth
