#include "lib/redis/cluster_client.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <memory>
#include <utility>

#include "lib/redis/failures.h"

namespace tokenforge::redis {
namespace {

using std::chrono::milliseconds;

constexpr int kMostRedirections = 64;
constexpr int kPromptRedirections = 4;  // from here on with pauses: nodes disagree
constexpr int kMostLosses = 4;
constexpr int64_t kFirstWaitMs = 8;
constexpr int kMostDoublings = 4;
// Noticing takes cluster-node-timeout, 15 s unless set; electing a second or two.
constexpr uint64_t kFailoverMs = 30000;
constexpr milliseconds kMapWithin{500};

}  // namespace

ClusterClient::ClusterClient(ClusterEndpoint endpoint, Options options, Observer* observer)
    : options_(std::move(options)),
      seeds_(std::move(endpoint.seeds)),
      loop_(options_.max_outstanding, observer, this),
      nodes_(loop_.loop(), &options_, this),
      refresh_(loop_.loop(), [this] { return AskForMap(); }),
      jitter_(std::random_device()()) {
  loop_.Start();
}

ClusterClient::~ClusterClient() { loop_.Stop(); }

void ClusterClient::Run(Command command, clock::SteadyTime deadline, Done done) {
  loop_.Run(std::move(command), deadline, std::move(done));
}

void ClusterClient::OnStart() {
  for (const ServerAddress& seed : seeds_) nodes_.At(seed);
}

void ClusterClient::Submit(std::unique_ptr<Pending> pending) {
  loop_.StartTicking();
  const std::optional<int> slot = pending->command.slot();
  ClusterNode* const node = slot ? nodes_.OwnerOf(*slot) : nodes_.SomePrimary();
  pending->asking = false;
  if (node != nullptr && IsHopeless(*node)) return GiveUp(pending.get());
  if (node == nullptr || !node->pipeline.Send(&pending)) WaitForChange(std::move(pending));
}

// Whether a command would only add to what a node that is away for good, or silent, holds up.
bool ClusterClient::IsHopeless(const ClusterNode& node) {
  if (!node.pipeline.up()) {
    return node.down_since_ms && *node.down_since_ms + kFailoverMs < uv_now(loop_.loop());
  }
  return node.Silent() &&
         node.pipeline.in_flight() + parking_.size() >= options_.max_outstanding / 2;
}

void ClusterClient::OnReply(Pipeline& pipeline, std::unique_ptr<Pending> pending,
                            const redisReply* reply) {
  if (!pending->done) return;
  if (reply == nullptr) return Lost(std::move(pending));
  if (reply->type != REDIS_REPLY_ERROR) return loop_.Finish(pending.get(), CopyOf(*reply));
  const std::string_view text(reply->str, reply->len);
  const Refusal refusal = RefusalIn(text, pipeline.link().server());
  if (refusal.kind == Refusal::Kind::kNone || pending->pinned) {
    return loop_.Finish(pending.get(), failures::FromServer(pending->command.label(), text));
  }
  Refused(std::move(pending), refusal);
}

void ClusterClient::Lost(std::unique_ptr<Pending> pending) {
  ++pending->losses;
  loop_.NoteLoss();  // also when a node was left that only hung
  const bool may_repeat = pending->command.may_repeat() && !pending->pinned &&
                          pending->losses <= kMostLosses && !stopping_;
  if (!may_repeat) return GiveUp(pending.get());
  Submit(std::move(pending));
}

void ClusterClient::Refused(std::unique_ptr<Pending> pending, const Refusal& refusal) {
  pending->sent = pending->losses > 0;  // this time it has not run
  if (refusal.map_is_old) refresh_.Want();
  if (refusal.kind == Refusal::Kind::kWait) {
    pending->redirections = 0;
    return WaitAWhile(std::move(pending));
  }
  if (++pending->redirections > kMostRedirections) {
    return loop_.Finish(pending.get(), failures::RedirectedInCircles(pending->command.label()));
  }
  Redirect(std::move(pending), refusal);
}

void ClusterClient::Redirect(std::unique_ptr<Pending> pending, const Refusal& refusal) {
  ClusterNode* const node = nodes_.At(refusal.node);
  const bool is_ours = pending->command.slot() == refusal.slot;
  if (node == nullptr || !is_ours) return WaitAWhile(std::move(pending));
  if (refusal.kind == Refusal::Kind::kMoved) {
    if (nodes_.Learn(refusal.slot, node)) loop_.NoteLoss();
    if (pending->redirections > kPromptRedirections) return WaitAWhile(std::move(pending));
    return Submit(std::move(pending));
  }
  nodes_.Keep(node);
  pending->asking = true;
  if (!node->pipeline.Send(&pending)) WaitForChange(std::move(pending));
}

void ClusterClient::WaitForChange(std::unique_ptr<Pending> pending) {
  refresh_.Want();
  const bool too_many = parking_.size() >= options_.max_outstanding / 2;
  if (state_ == State::kDown || too_many || stopping_) return GiveUp(pending.get());
  parking_.AddUntilChange(std::move(pending));
}

void ClusterClient::WaitAWhile(std::unique_ptr<Pending> pending) {
  if (parking_.size() >= options_.max_outstanding / 2) return GiveUp(pending.get());
  const int64_t longest = kFirstWaitMs << std::min(pending->waits++, kMostDoublings);
  const int64_t wait = std::uniform_int_distribution<int64_t>(longest / 2, longest)(jitter_);
  parking_.AddUntil(uv_now(loop_.loop()) + static_cast<uint64_t>(wait), std::move(pending));
}

void ClusterClient::GiveUp(Pending* pending) {
  loop_.Finish(pending, pending->losses > 0
                            ? failures::ConnectionLost(pending->command.label(), true)
                            : (stopping_ ? failures::ClientClosed() : failures::NotConnected()));
}

void ClusterClient::SubmitAll(Parking::Commands commands) {
  for (std::unique_ptr<Pending>& pending : commands) {
    if (pending->done) Submit(std::move(pending));
  }
}

bool ClusterClient::Tick() {
  SubmitAll(parking_.TakeDue(uv_now(loop_.loop())));
  const bool owed = nodes_.Tick();
  if (nodes_.AnySilent()) refresh_.Want();
  return owed || parking_.size() > 0;
}

void ClusterClient::OnUp(Pipeline& pipeline) {
  ClusterNode* const node = nodes_.Of(pipeline);
  node->tried = true;
  node->down_since_ms = std::nullopt;
  loop_.NoteLoss();
  if (loop_.observer() != nullptr && !std::exchange(node->told_up, true)) {
    loop_.observer()->OnNode(node->name, true, "");
  }
  if (!nodes_.has_map() || state_ == State::kDown) refresh_.Want();
  Judge("");
  SubmitAll(parking_.TakeChanged());
}

void ClusterClient::OnDown(Pipeline& pipeline, std::string_view why) {
  ClusterNode* const node = nodes_.Of(pipeline);
  node->tried = true;
  if (!node->down_since_ms) node->down_since_ms = uv_now(loop_.loop());
  if (loop_.observer() != nullptr && std::exchange(node->told_up, false)) {
    loop_.observer()->OnNode(node->name, false, why);
  }
  if (node->serves) refresh_.Want();
  Judge(why);
}

void ClusterClient::RunOnEach(Command command, clock::SteadyTime deadline, DoneEach done) {
  // A round trip first, which waits for the first connection; an answer comes on the loop thread.
  Run(Command({"PING"}), deadline,
      [this, command = std::move(command), deadline,
       done = std::move(done)](const absl::StatusOr<Reply>& reply) mutable {
        if (!reply.ok()) return done(reply.status());
        RunOnEachKnown(command, deadline, std::move(done));
      });
}

void ClusterClient::RunOnEachKnown(const Command& command, clock::SteadyTime deadline,
                                   DoneEach done) {
  struct Round {
    std::vector<Reply> replies;
    absl::Status outcome;
    size_t left;
    DoneEach done;
  };
  if (!nodes_.complete()) return done(failures::NotEverySlotIsServed());
  const std::vector<int> slots = nodes_.SlotOfEach();
  const auto round = std::make_shared<Round>(Round{{}, {}, slots.size(), std::move(done)});
  for (const int slot : slots) {
    Command copy = command;
    copy.RouteTo(slot);
    Submit(loop_.Make(std::move(copy), deadline, [round](absl::StatusOr<Reply> reply) {
      if (reply.ok()) round->replies.push_back(*std::move(reply));
      round->outcome.Update(reply.status());
      if (--round->left > 0) return;
      if (round->outcome.ok()) return round->done(std::move(round->replies));
      round->done(round->outcome);
    }));
  }
}

// The node is asked like for any command, but nobody else can answer for it.
bool ClusterClient::AskForMap() {
  ClusterNode* const node = nodes_.NextToAsk();
  if (node == nullptr) return false;
  const ServerAddress asked = node->address;
  const auto within = std::min(kMapWithin, options_.connect_timeout);
  std::unique_ptr<Pending> question =
      loop_.Make(Command({"CLUSTER", "SLOTS"}), std::chrono::steady_clock::now() + within,
                 [this, asked](const absl::StatusOr<Reply>& reply) { OnMap(asked, reply); });
  question->pinned = true;
  loop_.StartTicking();
  if (!node->pipeline.Send(&question)) loop_.Finish(question.get(), failures::NotConnected());
  return true;
}

void ClusterClient::OnMap(const ServerAddress& asked, const absl::StatusOr<Reply>& reply) {
  if (stopping_) return;
  absl::Status why = reply.status();
  if (reply.ok()) {
    const absl::StatusOr<SlotMap> map = SlotMap::Read(*reply, asked);
    why = map.status();
    if (map.ok() && nodes_.Install(*map)) loop_.NoteLoss();
  }
  refresh_.Done(why.ok() && nodes_.Settled());
  if (why.ok()) {
    Judge("no primary of the cluster is connected");
  } else {
    Judge(std::string_view(why.message().data(), why.message().size()), true);
  }
  if (why.ok()) SubmitAll(parking_.TakeChanged());
}

void ClusterClient::Judge(std::string_view why, bool attempt_failed) {
  const bool up = nodes_.SomePrimary() != nullptr;
  const bool may_still_come = !attempt_failed && !nodes_.AllDown();
  if (!up && state_ == State::kFirstAttempt && may_still_come) return;
  const State before = state_.exchange(up ? State::kUp : State::kDown);
  if (up && before == State::kUp) return;
  if (loop_.observer() != nullptr) loop_.observer()->OnConnection(up, why);
  if (up) return;
  for (const ServerAddress& seed : seeds_) nodes_.At(seed);
  for (const auto& pending : parking_.TakeAll()) GiveUp(pending.get());
}

void ClusterClient::OnStop() {
  stopping_ = true;
  refresh_.Stop();
  nodes_.Stop();
  for (const auto& pending : parking_.TakeAll()) GiveUp(pending.get());
}

}  // namespace tokenforge::redis
