// GuardReports: what this replica tells the keys service of its guards.
//
// Why: a next key becomes active only when every guard behind every replica has acknowledged it,
// and the keys service decides that. A report is sent when it differs from the last one (looked at
// five times a second, so that a crowd of acknowledgements makes few calls), and every 10 s in any
// case; it is withdrawn at the end, so that nobody waits for guards that are gone.
//
// Compose and LastHeard are thread-safe. Start, Stop: one owner. Hub and registry outlive this
// object.
#pragma once

#include <chrono>
#include <memory>
#include <optional>
#include <string>

#include "lib/clock/clock.h"
#include "lib/sync/mutex.h"
#include "services/auth/feed_loop.h"
#include "tokenforge/keys/v1/keys.grpc.pb.h"

namespace tokenforge::auth {

class GuardRegistry;
class TrustHub;

struct GuardReportOptions {
  std::chrono::milliseconds look{200};
  std::chrono::milliseconds repeat{10'000};
  std::chrono::milliseconds timeout{5000};
  std::chrono::milliseconds withdrawal{1000};  // how long the last report may take
};

class GuardReports {
 public:
  GuardReports(const TrustHub& hub, const GuardRegistry& guards,
               const std::shared_ptr<grpc::Channel>& keys, const GuardReportOptions& options = {});
  ~GuardReports();
  GuardReports(const GuardReports&) = delete;
  GuardReports& operator=(const GuardReports&) = delete;

  void Start();
  // Withdraws the report. After the last guard has left, or it would be made anew. Blocks.
  void Stop();

  // How things stand now.
  keys::v1::GuardReport Compose() const;
  // What the keys service answered last: the reports of every replica. Empty before the first time.
  struct Heard {
    keys::v1::ReportGuardsResponse answer;
    std::optional<clock::SteadyTime> at;
  };
  Heard LastHeard() const;
  // This run of this replica.
  const std::string& facade_id() const { return facade_id_; }

 private:
  absl::Status Look();
  grpc::Status Send(rpc::OutgoingContext& context, const keys::v1::GuardReport& report);
  void Keep(keys::v1::ReportGuardsResponse answer);

  const TrustHub& hub_;
  const GuardRegistry& guards_;
  const GuardReportOptions options_;
  const std::string facade_id_;
  const std::unique_ptr<keys::v1::KeyService::StubInterface> stub_;
  std::string told_;  // the last report, serialised; the loop's thread only, like the time of it
  clock::SteadyTime told_at_;
  mutable sync::Mutex mutex_;
  Heard heard_ ABSL_GUARDED_BY(mutex_);
  bool started_ = false;  // the owner's
  FeedLoop loop_;         // last: its thread uses all of the above
};

}  // namespace tokenforge::auth
