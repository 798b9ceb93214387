#include "lib/redis/run_all.h"

#include <memory>
#include <utility>

#include "lib/sync/mutex.h"

namespace tokenforge::redis {
namespace {

using Replies = std::vector<Reply>;

// What the callbacks of one round share; the last of them to end finishes it.
class Round {
 public:
  using Finish = std::function<void(absl::StatusOr<Replies>)>;

  Round(size_t commands, Finish finish)
      : finish_(std::move(finish)), replies_(commands), left_(commands) {}

  void End(size_t index, absl::StatusOr<Reply> reply) {
    absl::StatusOr<Replies> outcome;
    {
      const sync::MutexLock lock(&mutex_);
      if (reply.ok()) replies_[index] = *std::move(reply);
      fault_.Update(reply.status());
      if (--left_ > 0) return;
      if (fault_.ok()) {
        outcome = std::move(replies_);
      } else {
        outcome = fault_;
      }
    }
    finish_(std::move(outcome));  // resumes the caller: not under the lock
  }

 private:
  const Finish finish_;
  sync::Mutex mutex_;
  Replies replies_ ABSL_GUARDED_BY(mutex_);
  size_t left_ ABSL_GUARDED_BY(mutex_);
  absl::Status fault_ ABSL_GUARDED_BY(mutex_);  // the first
};

}  // namespace

async::Task<absl::StatusOr<Replies>> CallAll(Client& client, std::vector<Command> commands,
                                             clock::SteadyTime deadline) {
  if (commands.empty()) co_return Replies();
  auto start = [&](auto resume) {
    const auto round = std::make_shared<Round>(commands.size(), std::move(resume));
    for (size_t i = 0; i < commands.size(); ++i) {
      client.Run(std::move(commands[i]), deadline,
                 [round, i](absl::StatusOr<Reply> reply) { round->End(i, std::move(reply)); });
    }
  };
  auto all = async::Await<absl::StatusOr<Replies>>(start);
  co_return co_await std::move(all);
}

async::Task<absl::Status> RunAll(Client& client, std::vector<Command> commands,
                                 clock::SteadyTime deadline) {
  auto all = CallAll(client, std::move(commands), deadline);
  const absl::StatusOr<Replies> replies = co_await std::move(all);
  co_return replies.status();
}

}  // namespace tokenforge::redis
