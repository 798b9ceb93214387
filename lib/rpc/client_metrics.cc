#include "lib/rpc/client_metrics.h"

#include <grpcpp/support/interceptor.h>

#include <chrono>

#include "lib/sync/hand_over.h"
#include "lib/telemetry/call.h"

namespace tokenforge::rpc::internal {
namespace {

using grpc::experimental::ClientRpcInfo;
using grpc::experimental::InterceptionHookPoints;
using grpc::experimental::Interceptor;

class Timer final : public Interceptor {
 public:
  explicit Timer(telemetry::ClientMethod method) : method_(method) { sync::HandOver(this); }
  ~Timer() override { sync::TakeOver(this); }

  void Intercept(grpc::experimental::InterceptorBatchMethods* methods) override {
    sync::TakeOver(this);
    if (methods->QueryInterceptionHookPoint(InterceptionHookPoints::POST_RECV_STATUS)) {
      const grpc::Status* status = methods->GetRecvStatus();
      telemetry::RecordClientCall(method_, static_cast<absl::StatusCode>(status->error_code()),
                                  std::chrono::steady_clock::now() - start_);
    }
    sync::HandOver(this);
    methods->Proceed();
  }

 private:
  const telemetry::ClientMethod method_;
  const std::chrono::steady_clock::time_point start_ = std::chrono::steady_clock::now();
};

class Factory final : public grpc::experimental::ClientInterceptorFactoryInterface {
 public:
  Interceptor* CreateClientInterceptor(ClientRpcInfo* info) override {
    // gRPC owns and deletes it with the call. Methods come from our own stubs: a bounded set.
    return new Timer(telemetry::ClientMethod::Of(info->method()));
  }
};

}  // namespace

std::unique_ptr<grpc::experimental::ClientInterceptorFactoryInterface> ClientMetrics() {
  return std::make_unique<Factory>();
}

}  // namespace tokenforge::rpc::internal
