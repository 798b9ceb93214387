#include "services/auth/trust_service.h"

#include <chrono>

#include "lib/rpc/call.h"
#include "services/auth/outward.h"
#include "services/auth/trust_hub.h"

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
  const auto snapshot = feed_.hub.Snapshot();
  if (snapshot == nullptr) {
    return rpc::Answer(context, Unavailable("keys and revocations are not known here yet"));
  }
  if (request->cursor() != snapshot->cursor()) *response->mutable_snapshot() = *snapshot;
  SetTime(feed_.clock.Now(), *response->mutable_server_time());
  return rpc::Answer(context, absl::OkStatus());
}

grpc::ServerBidiReactor<grpc::ByteBuffer, grpc::ByteBuffer>* TrustService::WatchTrust(
    grpc::CallbackServerContext* context) {
  return auth::WatchTrust(feed_, *context);
}

}  // namespace tokenforge::auth
