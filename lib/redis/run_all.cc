#include "lib/redis/run_all.h"

#include <utility>

#include "lib/sync/mutex.h"

namespace tokenforge::redis {
namespace {

// What the callbacks of one round share; the last of them to end finishes it.
class Round {
 public:
  using Finish = std::function<void(absl::Status)>;

  Round(size_t commands, Finish finish) : finish_(std::move(finish)), left_(commands) {}

  void End(absl::Status status) {
    absl::Status outcome;
    {
      const sync::MutexLock lock(&mutex_);
      if (outcome_.ok()) outcome_ = std::move(status);
      if (--left_ > 0) return;
      outcome = std::move(outcome_);
    }
    finish_(std::move(outcome));  // resumes the caller: not under the lock
  }

 private:
  const Finish finish_;
  sync::Mutex mutex_;
  size_t left_ ABSL_GUARDED_BY(mutex_);
  absl::Status outcome_ ABSL_GUARDED_BY(mutex_);
};

}  // namespace

async::Task<absl::Status> RunAll(Client& client, std::vector<Command> commands,
                                 clock::SteadyTime deadline) {
  if (commands.empty()) co_return absl::OkStatus();
  auto start = [&](auto resume) {
    const auto round = std::make_shared<Round>(commands.size(), std::move(resume));
    for (Command& command : commands) {
      client.Run(std::move(command), deadline,
                 [round](const absl::StatusOr<Reply>& reply) { round->End(reply.status()); });
    }
  };
  auto all = async::Await<absl::Status>(start);
  co_return co_await std::move(all);
}

}  // namespace tokenforge::redis
