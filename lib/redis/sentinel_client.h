// SentinelClient: the Client of the primary that sentinels name, whichever server that is. Private
// to lib/redis; made by Open().
//
// A SentinelWatch says who the primary is. One Pipeline goes there, and carries commands only once
// the server itself has said that it is a primary (ROLE): one that was demoted, or has come back
// from the dead as the primary that it was, gets nothing. The sentinels are asked again whenever
// the connection is lost, the server refuses as one that is no primary, or they say that there is
// another; a new primary is dialled at once, and the connection to the old one closed.
//
// What becomes of a command, as long as its deadline has not passed:
//   primary is up             sent; pipelined with all others
//   no primary is up          it waits for one (a failover takes seconds); but not when there has
//                             been none for longer than a failover takes: then all that wait fail,
//                             and new ones are refused at once, as of one server
//   READONLY, LOADING, MASTERDOWN
//                             the server is no primary, or not yet: the command has not run, and
//                             waits for the right one, and so does whatever else it refuses
//   connection lost after it was sent: a script, or a command that only reads, waits and is sent
//                             again, as on a cluster; any other fails: "it may have run"
// At most 4 lost connections each. Commands that wait are at most half of the bound. Every error
// that a command ends with is one of client.h's; NOREPLICAS, OOM and MISCONF are answers of a
// primary, and end it.
//
// What was acknowledged and not yet replicated when the primary was lost is gone: Redis replicates
// behind. docs/redis.md says what that means, and how to bound it.
//
// Trust: the sentinels name the address that gets our password.
#pragma once

#include <uv.h>

#include <atomic>
#include <memory>
#include <string_view>
#include <vector>

#include "lib/redis/client.h"
#include "lib/redis/command_loop.h"
#include "lib/redis/pipeline.h"
#include "lib/redis/sentinel_watch.h"

namespace tokenforge::redis {

class SentinelClient final : public Client,
                             private CommandLoop::Backend,
                             private Pipeline::Owner,
                             private SentinelWatch::Listener {
 public:
  SentinelClient(const SentinelEndpoint& endpoint, Options options, Observer* observer);
  ~SentinelClient() override;

  void Run(Command command, clock::SteadyTime deadline, Done done) override;
  bool Connected() const override { return state_ == State::kUp; }
  uint64_t Losses() const override { return loop_.losses(); }

 private:
  // kSearching: commands wait. kDown: it has been searched for too long, and goes on.
  enum class State { kSearching, kUp, kDown };

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
  void OnPrimary(const ServerAddress& primary) override;
  void OnNobodyKnows(std::string_view why) override;

  // The way to a primary that may be used.
  void Dial(const ServerAddress& server);
  void AskForRole(Pipeline& pipeline);
  void OnRole(const absl::StatusOr<Reply>& reply);
  void Leave();                  // the server that is dialled or connected
  void Reject(const char* why);  // it is no primary; look again soon
  void AfterRefusal();
  void Lose(std::string_view why);

  // What becomes of a command that was not answered.
  void Lost(std::unique_ptr<Pending> pending);
  void Wait(std::unique_ptr<Pending> pending);
  void GiveUp(Pending* pending);
  std::vector<std::unique_ptr<Pending>> TakeWaiting();

  const Options options_;
  std::atomic<State> state_ = State::kSearching;
  CommandLoop loop_;

  // The loop thread's own.
  SentinelWatch watch_;
  uv_timer_t again_;                                // after a rejection
  unsigned rejections_ = 0;                         // since a primary was up
  std::unique_ptr<Pipeline> pipeline_;              // to the server that is said to be the primary
  std::vector<std::unique_ptr<Pipeline>> leaving_;  // until the loop is done with them
  const Pending* role_ = nullptr;                   // the question, while it is on its way
  bool refused_ = false;     // by a server that is no primary, and may still owe answers
  uint64_t lost_at_ms_ = 0;  // when the search began
  std::vector<std::unique_ptr<Pending>> waiting_;
  bool stopping_ = false;
};

}  // namespace tokenforge::redis
