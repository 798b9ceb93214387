#include "tokenforge/server_life.h"

#include <grpcpp/server.h>
#include <grpcpp/server_builder.h>

#include <optional>
#include <utility>

#include "lib/rpc/connection_age.h"
#include "lib/rpc/drain.h"
#include "lib/rpc/health.h"
#include "lib/rpc/wall_steps.h"
#include "lib/sync/mutex.h"

namespace tokenforge {

struct ServerLife::State {
  explicit State(const ServerLifeOptions& given) : options(given) {}

  const ServerLifeOptions options;
  rpc::Drain drain;
  rpc::WallSteps wall_steps;
  std::unique_ptr<rpc::Health> health = std::make_unique<rpc::Health>();
  sync::Mutex mutex;
  bool serving ABSL_GUARDED_BY(mutex) = false;
  std::optional<bool> told ABSL_GUARDED_BY(mutex);  // what the owner said last
  bool draining ABSL_GUARDED_BY(mutex) = false;

  void Tell() ABSL_EXCLUSIVE_LOCKS_REQUIRED(mutex) {
    health->SetServing(serving && told.value_or(true) && !draining);
  }
};

ServerLife::ServerLife(const ServerLifeOptions& options)
    : state_(std::make_unique<State>(options)) {
  state_->drain.Start({options.drain_delay, options.shutdown_grace, options.stop_limit});
  state_->wall_steps.Start();
}

ServerLife::~ServerLife() = default;

void ServerLife::Prepare(grpc::ServerBuilder& builder, std::vector<std::string> services) {
  state_->health = std::make_unique<rpc::Health>(std::move(services));
  builder.RegisterService(state_->health->service());
  rpc::LimitConnectionAge(state_->options.max_connection_age, builder);
}

void ServerLife::OnDrain(std::function<void()> hook) { state_->drain.OnDrain(std::move(hook)); }

void ServerLife::OnClose(std::string name, std::function<void()> close) {
  state_->drain.OnClose(std::move(name), std::move(close));
}

void ServerLife::SetServing(bool serving) {
  const sync::MutexLock lock(&state_->mutex);
  state_->told = serving;
  state_->Tell();
}

bool ServerLife::Draining() const { return state_->drain.Requested(); }

int ServerLife::Serve(std::unique_ptr<grpc::Server> server) {
  State& state = *state_;
  const auto become = [&state](bool State::* what) {
    const sync::MutexLock lock(&state.mutex);
    state.*what = true;
    state.Tell();
  };
  become(&State::serving);
  state.drain.Run(std::move(server), *state.health, [&] { become(&State::draining); });
  return 0;
}

}  // namespace tokenforge
