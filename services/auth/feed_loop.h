// FeedLoop: a thread that runs one blocking attempt after another until it is stopped, with
// back-off between failures.
//
// One owner calls Start and Stop. The attempt runs on the loop's thread only; it makes its calls
// with a context from `BeginCall`, so that Stop can cancel them.
#pragma once

#include <chrono>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/status/status.h"
#include "lib/rpc/outgoing.h"
#include "lib/sync/mutex.h"

namespace tokenforge::auth {

class FeedLoop {
 public:
  struct Options {
    std::string name;                    // for log lines
    std::chrono::milliseconds pause{0};  // after an attempt that went well
    std::chrono::milliseconds first_retry{100};
    std::chrono::milliseconds last_retry{5000};
  };
  using Attempt = std::function<absl::Status()>;

  FeedLoop(Options options, Attempt attempt);
  ~FeedLoop();

  void Start();
  void Stop();

  // A context for the attempt's next call, cancelled by Stop; several calls may run at once.
  // EndCall before the context goes.
  rpc::OutgoingContext BeginCall(std::chrono::milliseconds timeout);
  void EndCall(rpc::OutgoingContext& context);
  // Whether Stop has come: then a cancelled call is no failure.
  bool Stopping();

 private:
  void Run();
  bool Pause(std::chrono::milliseconds duration);
  void Report(const absl::Status& status);

  const Options options_;
  const Attempt attempt_;
  sync::Mutex mutex_;
  sync::CondVar stopped_;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::vector<grpc::ClientContext*> running_ ABSL_GUARDED_BY(mutex_);
  bool failing_ = false;  // the loop's thread only
  std::thread thread_;
};

}  // namespace tokenforge::auth
