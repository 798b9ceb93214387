#include "lib/rpc/process.h"

#include <absl/synchronization/mutex.h>
#include <grpcpp/security/server_credentials.h>
#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>
#include <unistd.h>

#include <exception>
#include <iostream>
#include <typeinfo>
#include <utility>

#include "lib/config/config.h"
#include "lib/operators/operators_server.h"
#include "lib/rpc/certificate_life.h"
#include "lib/rpc/drain.h"
#include "lib/rpc/health.h"
#include "lib/rpc/peer.h"
#include "lib/rpc/tracing.h"
#include "lib/rpc/wall_steps.h"
#include "lib/secret/process.h"
#include "lib/telemetry/log.h"

namespace tokenforge::rpc {

using telemetry::Level;
using telemetry::Log;

namespace {

constexpr std::string_view kServing = "grpc";

std::string Text(const absl::Status& status) {
  return std::string(status.message().data(), status.message().size());
}

absl::Status StartLog(const std::string& service, const ServerSettings& settings) {
  telemetry::LogOptions options;
  options.level = telemetry::ParseLevel(settings.log_level).value_or(Level::kInfo);
  options.file = settings.log_file;
  options.service = service;
  return telemetry::StartLogging(options);
}

// Exceptions of the start: the type is enough to find it, the text may hold a secret.
absl::Status CallWire(const std::function<absl::Status()>& wire) {
  try {
    return wire();
  } catch (const std::exception& thrown) {
    return absl::InternalError(std::string("an exception: ") + typeid(thrown).name());
  }
}

}  // namespace

struct Process::State {
  explicit State(std::string name) : service(std::move(name)) {}

  absl::Status StartSpans();
  int Finish(const absl::Status& status);

  const std::string service;
  ServerSettings settings;
  operators::Readiness readiness;
  std::unique_ptr<Health> health;  // readiness tells it, so it lives as long
  std::unique_ptr<operators::Server> operators;
  std::shared_ptr<otlp::Exporter> spans;  // null: nothing is exported
  Drain drain;
  WallSteps wall_steps;
};

Process::Process(std::string service) : state_(std::make_unique<State>(std::move(service))) {
  absl::SetMutexDeadlockDetectionMode(absl::OnDeadlockCycle::kIgnore);
  if (const absl::Status dumps = secret::DisableCoreDumps(); !dumps.ok()) {
    std::cerr << state_->service << ": " << Text(dumps) << "\n";
  }
}

Process::~Process() = default;

int Process::Run(const ServerSettings& settings, const std::function<absl::Status()>& wire) {
  state_->settings = settings;
  if (const absl::Status log = StartLog(state_->service, settings); !log.ok()) {
    std::cerr << state_->service << ": " << Text(log) << "\n";
    return 1;
  }
  state_->drain.Start({settings.drain_delay, settings.shutdown_grace, settings.stop_limit});
  state_->wall_steps.Start();
  state_->readiness.Expect(kServing);
  state_->operators =
      std::make_unique<operators::Server>(settings.operators_listen, &state_->readiness);
  absl::Status status = state_->operators->Start();
  if (status.ok()) status = state_->StartSpans();
  if (status.ok()) status = CallWire(wire);
  return state_->Finish(status);
}

absl::Status Process::State::StartSpans() {
  auto exporter = StartTracing({service, config::Version()}, settings.tracing, settings.tls);
  if (!exporter.ok()) return exporter.status();
  spans = *std::move(exporter);
  return absl::OkStatus();
}

int Process::State::Finish(const absl::Status& status) {
  drain.Stage("exporting spans");
  spans.reset();
  drain.Stage("closing the operators' port");
  operators->Stop();
  if (status.ok()) {
    Log(Level::kInfo, "stopped");
  } else {
    Log(Level::kError, "cannot go on", {{"detail", Text(status)}});
  }
  drain.Stage("writing the log");
  telemetry::StopLogging();
  return status.ok() ? 0 : 1;
}

operators::Readiness& Process::readiness() { return state_->readiness; }

void Process::ServeToOperators(std::string path, operators::HttpHandler handler) {
  state_->operators->Handle(std::move(path), std::move(handler));
}

void Process::OnDrain(std::function<void()> hook) { state_->drain.OnDrain(std::move(hook)); }

void Process::OnClose(std::string name, std::function<void()> close) {
  state_->drain.OnClose(std::move(name), std::move(close));
}

bool Process::StopRequested() const { return state_->drain.Requested(); }

bool Process::Sleep(std::chrono::milliseconds duration) { return state_->drain.Sleep(duration); }

absl::Status Process::Serve(const Start& start, std::vector<std::string> services) {
  State& state = *state_;
  const ServerSettings& settings = state.settings;
  const auto own = SpiffeIdOfCertificateFile(settings.tls.cert_file);
  if (!own.ok()) return own.status();
  const auto credentials = ServerTls(settings.tls);
  if (!credentials.ok()) return credentials.status();
  state.health = std::make_unique<Health>(std::move(services));
  grpc::ServerBuilder builder;
  int port = 0;
  ApplyLimits(settings, builder);
  builder.AddListeningPort(settings.listen, *credentials, &port);
  builder.RegisterService(state.health->service());
  const CertificateLife server_life("server", settings.tls.cert_file, Which::kFirst);
  const CertificateLife authority_life("authority", settings.tls.ca_file, Which::kEarliestEnd);
  absl::StatusOr<std::unique_ptr<grpc::Server>> server = start(builder);
  if (!server.ok()) return server.status();
  if (*server == nullptr || port == 0) {
    return absl::UnavailableError("cannot listen on " + settings.listen +
                                  ": is another process using the port?");
  }
  state.readiness.Set(kServing, true);
  state.readiness.OnChange([&state](bool ready) { state.health->SetServing(ready); });
  Log(Level::kInfo, "serving",
      {{"listen", settings.listen},
       {"port", port},
       {"operators_port", state.operators->port()},
       {"spiffe_id", own->text()},
       {"pid", static_cast<std::int64_t>(getpid())}});
  state.drain.Run(*std::move(server), *state.health, [&state] { state.readiness.SetDraining(); });
  return absl::OkStatus();
}

}  // namespace tokenforge::rpc
