#include "lib/rpc/drain.h"

#include <grpcpp/server.h>
#include <signal.h>

#include <thread>
#include <utility>
#include <vector>

#include "lib/rpc/health.h"
#include "lib/rpc/stop_signals.h"

namespace tokenforge::rpc {

struct Drain::State {
  DrainTimes times;
  std::vector<std::function<void()>> hooks;
  std::vector<std::pair<std::string, std::function<void()>>> closers;
  internal::StopSignals signals;
};

Drain::Drain() : state_(std::make_unique<State>()) {
  signal(SIGPIPE, SIG_IGN);
  internal::StopSignals::Block();
}

Drain::~Drain() = default;

void Drain::Start(const DrainTimes& times) {
  state_->times = times;
  state_->signals.Start(times.limit);
}

void Drain::OnDrain(std::function<void()> hook) { state_->hooks.push_back(std::move(hook)); }

void Drain::OnClose(std::string name, std::function<void()> close) {
  state_->closers.emplace_back(std::move(name), std::move(close));
}

bool Drain::Requested() const { return state_->signals.Requested(); }

bool Drain::Sleep(std::chrono::milliseconds duration) { return state_->signals.Sleep(duration); }

void Drain::Stage(std::string stage) { state_->signals.Stage(std::move(stage)); }

void Drain::Run(std::unique_ptr<grpc::Server> server, Health& health,
                const std::function<void()>& readiness_off) {
  Stage("serving");
  state_->signals.WaitForRequest();
  readiness_off();
  health.SetServing(false);
  Stage("waiting for clients to leave");
  std::this_thread::sleep_for(state_->times.delay);
  Stage("ending streams");
  for (const auto& hook : state_->hooks) hook();
  health.EndWatches();
  Stage("finishing calls that run");
  server->Shutdown(std::chrono::system_clock::now() + state_->times.grace);
  server->Wait();
  server.reset();
  for (const auto& [name, close] : state_->closers) {
    Stage("closing " + name);
    close();
  }
  Stage("closing the rest");
}

}  // namespace tokenforge::rpc
