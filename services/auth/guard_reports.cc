#include "services/auth/guard_reports.h"

#include <grpcpp/channel.h>

#include <utility>

#include "lib/rpc/status.h"
#include "lib/telemetry/log.h"
#include "lib/uuid/uuid.h"
#include "services/auth/guard_registry.h"
#include "services/auth/trust_hub.h"

namespace tokenforge::auth {

using std::chrono::steady_clock;

GuardReports::GuardReports(const TrustHub& hub, const GuardRegistry& guards,
                           const std::shared_ptr<grpc::Channel>& keys,
                           const GuardReportOptions& options)
    : hub_(hub),
      guards_(guards),
      options_(options),
      facade_id_(uuid::NewId()),
      stub_(keys::v1::KeyService::NewStub(keys)),
      loop_({"guard reports", options.look}, [this] { return Look(); }) {}

GuardReports::~GuardReports() { loop_.Stop(); }

void GuardReports::Start() {
  started_ = true;
  loop_.Start();
}

void GuardReports::Stop() {
  loop_.Stop();
  if (!std::exchange(started_, false)) return;
  keys::v1::GuardReport withdrawn;
  withdrawn.set_facade_id(facade_id_);
  rpc::OutgoingContext context(
      rpc::ServerCall(steady_clock::now() + options_.withdrawal, telemetry::TraceContext::New()));
  const grpc::Status status = Send(context, withdrawn);
  if (status.ok()) return;
  // It grows old in ten minutes by itself.
  telemetry::Log(telemetry::Level::kWarning, "the report of guards could not be withdrawn",
                 {{"error", status.error_message()}});
}

// Keys first: an acknowledgement that comes in between then counts for the older set, never for one
// that the guard does not have.
keys::v1::GuardReport GuardReports::Compose() const {
  const KeysInForce keys = hub_.CurrentKeys();
  GuardCount count = guards_.Count(keys.since);
  keys::v1::GuardReport report;
  report.set_facade_id(facade_id_);
  report.set_keys_version(keys.keys_version);
  report.set_connected(count.connected);
  report.set_applied(count.applied);
  const bool all = count.applied == count.connected;
  report.set_least_applied_version(all ? keys.keys_version
                                       : hub_.KeysVersionAt(count.least_version));
  for (std::string& id : count.behind) report.add_behind(std::move(id));
  return report;
}

absl::Status GuardReports::Look() {
  const keys::v1::GuardReport report = Compose();
  std::string text = report.SerializeAsString();
  const auto now = steady_clock::now();
  if (text == told_ && now - told_at_ < options_.repeat) return absl::OkStatus();
  rpc::OutgoingContext context = loop_.BeginCall(options_.timeout);
  const grpc::Status status = Send(context, report);
  loop_.EndCall(context);
  if (loop_.Stopping()) return absl::OkStatus();
  if (!status.ok()) return rpc::FromGrpc(status, "keys");
  told_ = std::move(text);
  told_at_ = now;
  return absl::OkStatus();
}

grpc::Status GuardReports::Send(rpc::OutgoingContext& context,
                                const keys::v1::GuardReport& report) {
  keys::v1::ReportGuardsRequest request;
  *request.mutable_report() = report;
  keys::v1::ReportGuardsResponse response;
  const grpc::Status status = stub_->ReportGuards(&context.client(), request, &response);
  if (status.ok()) Keep(std::move(response));
  return status;
}

void GuardReports::Keep(keys::v1::ReportGuardsResponse answer) {
  const sync::MutexLock lock(&mutex_);
  heard_ = {std::move(answer), steady_clock::now()};
}

GuardReports::Heard GuardReports::LastHeard() const {
  const sync::MutexLock lock(&mutex_);
  return heard_;
}

}  // namespace tokenforge::auth
