#include "services/auth/trust_service.h"

#include <chrono>

#include "lib/rpc/call.h"
#include "lib/rpc/not_built_stream.h"
#include "services/auth/outward.h"

namespace tokenforge::auth {
namespace {

void SetTime(clock::WallTime time, google::protobuf::Timestamp& timestamp) {
  using std::chrono::duration_cast;
  const auto since = duration_cast<std::chrono::nanoseconds>(time.time_since_epoch());
  timestamp.set_seconds(since.count() / 1'000'000'000);
  timestamp.set_nanos(static_cast<std::int32_t>(since.count() % 1'000'000'000));
}

}  // namespace

grpc::ServerUnaryReactor* TrustService::GetTrust(grpc::CallbackServerContext* context,
                                                 const v1::GetTrustRequest* request,
                                                 v1::GetTrustResponse* response) {
  const auto snapshot = hub_.Snapshot();
  if (snapshot == nullptr) {
    return rpc::Answer(context, Unavailable("keys and revocations are not known here yet"));
  }
  if (request->cursor() != snapshot->cursor()) *response->mutable_snapshot() = *snapshot;
  SetTime(clock_.Now(), *response->mutable_server_time());
  return rpc::Answer(context, absl::OkStatus());
}

grpc::ServerBidiReactor<v1::WatchTrustRequest, v1::WatchTrustResponse>* TrustService::WatchTrust(
    grpc::CallbackServerContext* /*context*/) {
  return rpc::NotBuiltBidi<v1::WatchTrustRequest, v1::WatchTrustResponse>();
}

}  // namespace tokenforge::auth
