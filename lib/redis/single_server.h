// SingleServer: the Client of one server — a CommandLoop and one Pipeline. Private to lib/redis;
// made by Open().
//
// States: first attempt (commands wait), up, down (commands are refused at once; the link goes on
// trying). A connection that is lost fails what was in flight: whoever called decides whether to
// call again.
#pragma once

#include <atomic>
#include <memory>
#include <string_view>
#include <vector>

#include "lib/redis/client.h"
#include "lib/redis/command_loop.h"
#include "lib/redis/pipeline.h"

namespace tokenforge::redis {

class SingleServer final : public Client, private CommandLoop::Backend, private Pipeline::Owner {
 public:
  SingleServer(SingleEndpoint endpoint, Options options, Observer* observer);
  ~SingleServer() override;

  void Run(Command command, clock::SteadyTime deadline, Done done) override;
  bool Connected() const override { return state_ == State::kUp; }
  uint64_t Losses() const override { return loop_.losses(); }

 private:
  enum class State { kFirstAttempt, kUp, kDown };

  bool MayAnswer() const override { return state_ != State::kDown; }
  void OnStart() override;
  void Submit(std::unique_ptr<Pending> pending) override;
  void Flush() override;
  bool Tick() override;
  void OnStop() override;
  void OnReply(Pipeline& pipeline, std::unique_ptr<Pending> pending,
               const redisReply* reply) override;
  void OnConfirmed(std::unique_ptr<Pending> pending, absl::StatusOr<Reply> result) override {
    loop_.Finish(pending.get(), std::move(result));
  }
  void OnUp(Pipeline& pipeline) override;
  void OnDown(Pipeline& pipeline, std::string_view why) override;
  void FinishWaiting(const absl::Status& why);

  const Options options_;
  std::atomic<State> state_ = State::kFirstAttempt;
  CommandLoop loop_;
  Pipeline pipeline_;
  std::vector<std::unique_ptr<Pending>> waiting_;  // for the first attempt; the loop thread's own
};

}  // namespace tokenforge::redis
