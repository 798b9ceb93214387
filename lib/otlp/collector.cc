#include "lib/otlp/collector.h"

#include <grpcpp/channel.h>
#include <grpcpp/client_context.h>
#include <grpcpp/completion_queue.h>
#include <grpcpp/generic/generic_stub.h>
#include <grpcpp/impl/codegen/proto_utils.h>

#include <algorithm>
#include <optional>
#include <utility>

#include "lib/sync/mutex.h"
#include "tokenforge/errors/v1/details.pb.h"
#include "tokenforge/otlp/v1/trace.pb.h"

namespace tokenforge::otlp {
namespace {

using std::chrono::milliseconds;

constexpr char kExport[] = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
constexpr std::string_view kRetryInfo = "type.googleapis.com/google.rpc.RetryInfo";
constexpr milliseconds kLongestWish{60'000};
constexpr std::size_t kLongestDetail = 256;

// The collector's RetryInfo, or nothing.
std::optional<milliseconds> WishOf(const grpc::Status& status) {
  errors::v1::RpcStatus details;
  errors::v1::RetryInfo retry;
  if (!details.ParseFromString(status.error_details())) return std::nullopt;
  for (const auto& detail : details.details()) {
    if (detail.type_url() != kRetryInfo || !retry.ParseFromString(detail.value())) continue;
    const double wish = static_cast<double>(retry.retry_delay().seconds()) * 1000 +
                        retry.retry_delay().nanos() / 1e6;
    const double cut = std::clamp(wish, 0.0, static_cast<double>(kLongestWish.count()));
    return milliseconds(static_cast<milliseconds::rep>(cut));
  }
  return std::nullopt;
}

class GrpcCollector final : public Collector {
 public:
  explicit GrpcCollector(std::shared_ptr<grpc::Channel> channel) : stub_(std::move(channel)) {}

  Verdict Send(const v1::ExportRequest& request, milliseconds at_most) override {
    grpc::ClientContext context;
    context.set_deadline(std::chrono::system_clock::now() + at_most);
    if (!Begin(&context)) return {.kind = Verdict::kAgain, .detail = "cancelled"};
    // On a queue of this call's own: with gRPC 1.51 a channel must not go while the callback of its
    // last call is returning, and this one goes as soon as the flush at the end is over.
    v1::ExportResponse response;
    grpc::Status status;
    grpc::CompletionQueue answered;
    const auto call = stub_.PrepareUnaryCall(&context, kExport, request, &answered);
    call->StartCall();
    call->Finish(&response, &status, this);
    void* tag = nullptr;
    bool ok = false;
    answered.Next(&tag, &ok);
    answered.Shutdown();
    while (answered.Next(&tag, &ok)) {
    }
    Begin(nullptr);
    Verdict verdict = VerdictOf(status);
    if (status.ok()) {
      verdict.rejected = response.partial_success().rejected_spans();
      verdict.detail = response.partial_success().error_message().substr(0, kLongestDetail);
    }
    return verdict;
  }

  void Cancel() override {
    const sync::MutexLock lock(&mutex_);
    cancelled_ = true;
    if (running_ != nullptr) running_->TryCancel();
  }

 private:
  // Null: nothing runs any more.
  bool Begin(grpc::ClientContext* context) {
    const sync::MutexLock lock(&mutex_);
    running_ = cancelled_ ? nullptr : context;
    return !cancelled_;
  }

  grpc::TemplatedGenericStub<v1::ExportRequest, v1::ExportResponse> stub_;
  sync::Mutex mutex_;
  grpc::ClientContext* running_ ABSL_GUARDED_BY(mutex_) = nullptr;
  bool cancelled_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace

Verdict VerdictOf(const grpc::Status& status) {
  if (status.ok()) return {};
  Verdict verdict;
  verdict.detail = status.error_message().substr(0, kLongestDetail);
  const std::optional<milliseconds> wish = WishOf(status);
  if (wish) verdict.not_before = *wish;
  switch (status.error_code()) {
    case grpc::StatusCode::CANCELLED:
    case grpc::StatusCode::DEADLINE_EXCEEDED:
    case grpc::StatusCode::ABORTED:
    case grpc::StatusCode::OUT_OF_RANGE:
    case grpc::StatusCode::UNAVAILABLE:
    case grpc::StatusCode::DATA_LOSS:
      verdict.kind = Verdict::kAgain;
      break;
    case grpc::StatusCode::RESOURCE_EXHAUSTED:
      verdict.kind = wish ? Verdict::kAgain : Verdict::kRefused;
      break;
    default:
      verdict.kind = Verdict::kRefused;
  }
  return verdict;
}

std::unique_ptr<Collector> CollectorAt(std::shared_ptr<grpc::Channel> channel) {
  return std::make_unique<GrpcCollector>(std::move(channel));
}

}  // namespace tokenforge::otlp
