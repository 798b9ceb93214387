// ClusterClient: the Client of a Redis Cluster. Private to lib/redis; made by Open().
//
// One CommandLoop, so one thread for all nodes: a command is routed where the map of slots is, with
// no lock, and one thread moves more commands than a service makes. One Pipeline to each primary.
// Replicas are never asked: what they say may be old, and a session that was ended must stay so.
//
// The map comes from any node (CLUSTER SLOTS), first from the seeds; ClusterRefresh says when.
// What becomes of a command, as long as its deadline has not passed:
//   owner is up               sent; pipelined with all others
//   MOVED                     learned for this slot, followed; the map is asked for
//   ASK                       sent there once, right behind an ASKING; nothing is learned
//   TRYAGAIN, CLUSTERDOWN, LOADING, READONLY
//                             it has not run: waits 8 to 128 ms, doubling, then is routed anew
//   owner is not up, or unknown: it waits for the cluster to change (a failover), but not for an
//                             owner that has been away for longer than a failover takes
//   connection lost after it was sent: a script, or a command that only reads, is routed anew: it
//                             may run twice, and is made to bear that (command.h). Any other fails:
//                             "it may have run". Without this a failover would fail every refresh
//                             that it hits
//   no primary is up          all that wait fail, new ones are refused at once, as of one server
// At most 64 redirections (from the fifth on with pauses of up to 128 ms: after a resharding nodes
// disagree until their gossip has gone round) and 4 lost connections each. Every error that a
// command ends with is one of client.h's. Commands that wait, and those that a silent node owes, are at most half of the
// bound: a dead node must not use up what the others need.
//
// Connected(): the map is known, and at least one primary is up. Not: all of them — every replica
// of a service sees the same node missing, and if all of them were "not ready" the loss of a part
// would be the loss of the whole. What is missing fails by itself, slot by slot. CheckServer, which
// stands before the first readiness, asks every primary and wants every slot served.
//
// Trust: the nodes name the addresses that we go to, and get our password there. Whoever controls
// a node of the cluster has the data anyway.
#pragma once

#include <atomic>
#include <memory>
#include <random>
#include <string_view>
#include <vector>

#include "lib/redis/client.h"
#include "lib/redis/cluster_nodes.h"
#include "lib/redis/cluster_parking.h"
#include "lib/redis/cluster_refresh.h"
#include "lib/redis/cluster_refusal.h"
#include "lib/redis/command_loop.h"

namespace tokenforge::redis {

class ClusterClient final : public Client, private CommandLoop::Backend, private Pipeline::Owner {
 public:
  ClusterClient(ClusterEndpoint endpoint, Options options, Observer* observer);
  ~ClusterClient() override;

  void Run(Command command, clock::SteadyTime deadline, Done done) override;
  void RunOnEach(Command command, clock::SteadyTime deadline, DoneEach done) override;
  bool Connected() const override { return state_ == State::kUp; }
  uint64_t Losses() const override { return loop_.losses(); }

 private:
  enum class State { kFirstAttempt, kUp, kDown };

  bool MayAnswer() const override { return state_ != State::kDown; }
  void OnStart() override;
  void Submit(std::unique_ptr<Pending> pending) override;
  void Flush() override { nodes_.Flush(); }
  bool Tick() override;
  void OnStop() override;
  void OnReply(Pipeline& pipeline, std::unique_ptr<Pending> pending,
               const redisReply* reply) override;
  void OnConfirmed(std::unique_ptr<Pending> pending, absl::StatusOr<Reply> result) override {
    loop_.Finish(pending.get(), std::move(result));
  }
  void OnUp(Pipeline& pipeline) override;
  void OnDown(Pipeline& pipeline, std::string_view why) override;

  // What becomes of a command that was not answered.
  void Lost(std::unique_ptr<Pending> pending);
  void Refused(std::unique_ptr<Pending> pending, const Refusal& refusal);
  void Redirect(std::unique_ptr<Pending> pending, const Refusal& refusal);
  void WaitForChange(std::unique_ptr<Pending> pending);
  void WaitAWhile(std::unique_ptr<Pending> pending);
  void GiveUp(Pending* pending);
  bool IsHopeless(const ClusterNode& node);
  void SubmitAll(Parking::Commands commands);

  void RunOnEachKnown(const Command& command, clock::SteadyTime deadline, DoneEach done);
  bool AskForMap();
  void OnMap(const ServerAddress& asked, const absl::StatusOr<Reply>& reply);
  // Tells how the whole stands. `why` it is down, if it is; `attempt_failed`: the first attempt to
  // reach the cluster is over for sure.
  void Judge(std::string_view why, bool attempt_failed = false);

  const Options options_;
  const std::vector<ServerAddress> seeds_;
  std::atomic<State> state_ = State::kFirstAttempt;
  CommandLoop loop_;

  // The loop thread's own.
  ClusterNodes nodes_;
  ClusterRefresh refresh_;
  Parking parking_;
  std::minstd_rand jitter_;
  bool stopping_ = false;
};

}  // namespace tokenforge::redis
