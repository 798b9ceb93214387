// Faults: how a fake service is told to misbehave, method by method; and how often each was called.
//
// Thread-safe.
#pragma once

#include <grpcpp/server_context.h>
#include <grpcpp/support/status.h>

#include <chrono>
#include <map>
#include <optional>
#include <string>
#include <thread>

#include "absl/status/status.h"
#include "lib/rpc/status.h"
#include "lib/sync/mutex.h"

namespace tokenforge::auth::testing {

class Faults {
 public:
  // Every call of the method fails like this, until Mend.
  void Fail(const std::string& method, absl::Status status) {
    const sync::MutexLock lock(&mutex_);
    methods_[method].failure = std::move(status);
  }
  // Every call of the method waits until its caller gives up, until Mend.
  void Hang(const std::string& method) {
    const sync::MutexLock lock(&mutex_);
    methods_[method].hangs = true;
  }
  void Mend(const std::string& method) {
    const sync::MutexLock lock(&mutex_);
    methods_[method].failure.reset();
    methods_[method].hangs = false;
  }
  int Calls(const std::string& method) const {
    const sync::MutexLock lock(&mutex_);
    const auto found = methods_.find(method);
    return found == methods_.end() ? 0 : found->second.calls;
  }
  int AllCalls() const {
    const sync::MutexLock lock(&mutex_);
    int calls = 0;
    for (const auto& [name, method] : methods_) calls += method.calls;
    return calls;
  }

  // For a handler: its first line.
  grpc::Status Enter(const std::string& method, grpc::ServerContext* context) {
    std::optional<absl::Status> failure;
    bool hangs = false;
    {
      const sync::MutexLock lock(&mutex_);
      Method& entered = methods_[method];
      ++entered.calls;
      failure = entered.failure;
      hangs = entered.hangs;
    }
    while (hangs && !context->IsCancelled()) {
      std::this_thread::sleep_for(std::chrono::milliseconds(2));  // there is no event for this
    }
    return failure ? rpc::ToGrpc(*failure) : grpc::Status::OK;
  }

 private:
  struct Method {
    int calls = 0;
    bool hangs = false;
    std::optional<absl::Status> failure;
  };
  mutable sync::Mutex mutex_;
  std::map<std::string, Method> methods_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace tokenforge::auth::testing
