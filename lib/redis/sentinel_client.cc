#include "lib/redis/sentinel_client.h"

#include <hiredis/hiredis.h>

#include <algorithm>
#include <utility>

#include "lib/redis/failures.h"

namespace tokenforge::redis {
namespace {

using std::chrono::milliseconds;

constexpr int kMostLosses = 4;
// Noticing takes down-after-milliseconds, 30 s unless set and 5 s in the guide; the rest seconds.
constexpr uint64_t kFailoverMs = 30000;
constexpr uint64_t kFirstPauseMs = 50;
constexpr unsigned kMostDoublings = 4;

bool IsNoPrimary(std::string_view code) {
  return code == "READONLY" || code == "LOADING" || code == "MASTERDOWN";
}

// The first word of ROLE's answer; the old word for a replica is the server's.
bool SaysPrimary(const Reply& role) {
  const auto items = role.AsArray();
  if (!items.ok() || items->empty()) return false;
  const auto word = items->front().AsBytes();
  return word.ok() && *word == "master";
}

}  // namespace

SentinelClient::SentinelClient(const SentinelEndpoint& endpoint, Options options,
                               Observer* observer)
    : options_(std::move(options)),
      loop_(options_.max_outstanding, observer, this),
      watch_(loop_.loop(), endpoint, options_, this) {
  uv_timer_init(loop_.loop(), &again_);
  again_.data = this;
  loop_.Start();
}

SentinelClient::~SentinelClient() { loop_.Stop(); }

void SentinelClient::Run(Command command, clock::SteadyTime deadline, Done done) {
  loop_.Run(std::move(command), deadline, std::move(done));
}

void SentinelClient::OnStart() {
  lost_at_ms_ = uv_now(loop_.loop());
  watch_.Start();
}

void SentinelClient::Submit(std::unique_ptr<Pending> pending) {
  loop_.StartTicking();
  if (state_ == State::kUp && pipeline_->Send(&pending)) return;
  Wait(std::move(pending));
}

void SentinelClient::Flush() {
  if (refused_ && pipeline_ != nullptr && pipeline_->in_flight() == 0) AfterRefusal();
  watch_.Flush();
  if (pipeline_ != nullptr) pipeline_->link().Flush();
}

bool SentinelClient::Tick() {
  const bool owed = pipeline_ != nullptr && pipeline_->Tick();
  std::erase_if(waiting_, [](const auto& pending) { return !pending->done; });
  return owed || !waiting_.empty();
}

// ------------------------------------------------------------------------- the way to a primary

void SentinelClient::OnPrimary(const ServerAddress& primary) {
  if (pipeline_ != nullptr && pipeline_->link().server() == primary) return;
  if (refused_) return;  // the old one is about to say what became of the rest: AfterRefusal goes
  rejections_ = 0;
  if (state_ == State::kUp) Lose("the sentinels name another primary");
  Dial(primary);
}

void SentinelClient::OnNobodyKnows(std::string_view why) {
  if (state_ != State::kUp) Lose(why);
}

void SentinelClient::Dial(const ServerAddress& server) {
  uv_timer_stop(&again_);
  Leave();
  pipeline_.reset(new Pipeline(loop_.loop(), server, 0, &options_, this));
  pipeline_->link().Start();
}

void SentinelClient::Leave() {
  if (pipeline_ == nullptr) return;
  leaving_.push_back(std::move(pipeline_));
  Pipeline* const left = leaving_.back().get();
  left->link().Stop([this, left] {
    std::erase_if(leaving_, [left](const auto& each) { return each.get() == left; });
  });
}

void SentinelClient::OnUp(Pipeline& pipeline) {
  if (&pipeline == pipeline_.get()) AskForRole(pipeline);
}

void SentinelClient::AskForRole(Pipeline& pipeline) {
  std::unique_ptr<Pending> question =
      loop_.Make(Command({"ROLE"}), std::chrono::steady_clock::now() + options_.connect_timeout,
                 [this](const absl::StatusOr<Reply>& reply) { OnRole(reply); });
  loop_.StartTicking();
  role_ = question.get();
  if (!pipeline.Send(&question)) loop_.Finish(question.get(), failures::NotConnected());
}

void SentinelClient::OnRole(const absl::StatusOr<Reply>& reply) {
  role_ = nullptr;
  if (stopping_ || pipeline_ == nullptr || !pipeline_->up()) return;  // OnDown has told
  if (!reply.ok()) return Reject("the server does not tell its role");
  if (!SaysPrimary(*reply)) return Reject("the server that the sentinels name is no primary");
  rejections_ = 0;
  loop_.NoteLoss();
  state_ = State::kUp;
  watch_.Found();
  if (loop_.observer() != nullptr) loop_.observer()->OnConnection(true, "");
  for (std::unique_ptr<Pending>& pending : TakeWaiting()) Submit(std::move(pending));
}

void SentinelClient::Reject(const char* why) {
  Leave();
  Lose(why);
  const uint64_t pause = kFirstPauseMs << std::min(rejections_++, kMostDoublings);
  uv_timer_start(
      &again_,
      [](uv_timer_t* timer) {
        auto* const self = static_cast<SentinelClient*>(timer->data);
        if (self->watch_.primary()) self->Dial(*self->watch_.primary());
      },
      pause, 0);
}

// The server that refused as no primary has answered everything, or is gone.
void SentinelClient::AfterRefusal() {
  refused_ = false;
  const std::optional<ServerAddress>& named = watch_.primary();
  if (named && *named != pipeline_->link().server()) return Dial(*named);
  Reject("the server is no primary any more");
}

// The link goes on dialling the same server: it may only have been started again.
void SentinelClient::OnDown(Pipeline& pipeline, std::string_view why) {
  if (&pipeline != pipeline_.get()) return;
  if (refused_) return AfterRefusal();
  Lose(why);
}

void SentinelClient::Lose(std::string_view why) {
  if (stopping_) return;
  const uint64_t now = uv_now(loop_.loop());
  if (state_ == State::kUp) {
    lost_at_ms_ = now;
    state_ = State::kSearching;
  }
  if (now - lost_at_ms_ > kFailoverMs) state_ = State::kDown;
  if (loop_.observer() != nullptr) loop_.observer()->OnConnection(false, why);
  watch_.Search();
  if (state_ != State::kDown) return;
  for (const std::unique_ptr<Pending>& pending : TakeWaiting()) GiveUp(pending.get());
}

// -------------------------------------------------------------- what becomes of a command
// unanswered

void SentinelClient::OnReply(Pipeline&, std::unique_ptr<Pending> pending, const redisReply* reply) {
  if (!pending->done) return;
  const bool is_role = pending.get() == role_;
  if (reply == nullptr && !is_role) return Lost(std::move(pending));
  if (reply == nullptr) return loop_.Finish(pending.get(), failures::NotConnected());
  if (reply->type != REDIS_REPLY_ERROR) return loop_.Finish(pending.get(), CopyOf(*reply));
  const std::string_view text(reply->str, reply->len);
  if (!is_role && IsNoPrimary(failures::CodeOf(text))) {
    if (state_ == State::kUp) {
      refused_ = true;
      Lose("the server is no primary any more");
    }
    pending->sent = pending->losses > 0;  // this time it has not run
    return Wait(std::move(pending));
  }
  loop_.Finish(pending.get(), failures::FromServer(pending->command.label(), text));
}

void SentinelClient::Lost(std::unique_ptr<Pending> pending) {
  const bool may_repeat = pending->command.may_repeat() && ++pending->losses <= kMostLosses;
  if (!may_repeat) {
    return loop_.Finish(pending.get(), failures::ConnectionLost(pending->command.label(), true));
  }
  Wait(std::move(pending));
}

void SentinelClient::Wait(std::unique_ptr<Pending> pending) {
  const bool too_many = waiting_.size() >= options_.max_outstanding / 2;
  if (state_ == State::kDown || too_many || stopping_) return GiveUp(pending.get());
  waiting_.push_back(std::move(pending));
}

void SentinelClient::GiveUp(Pending* pending) {
  loop_.Finish(pending, pending->losses > 0
                            ? failures::ConnectionLost(pending->command.label(), true)
                            : (stopping_ ? failures::ClientClosed() : failures::NotConnected()));
}

std::vector<std::unique_ptr<Pending>> SentinelClient::TakeWaiting() {
  auto waiting = std::exchange(waiting_, {});
  std::erase_if(waiting, [](const auto& pending) { return !pending->done; });
  return waiting;
}

void SentinelClient::OnStop() {
  stopping_ = true;
  watch_.Stop();
  Leave();
  uv_close(reinterpret_cast<uv_handle_t*>(&again_), nullptr);
  for (const std::unique_ptr<Pending>& pending : TakeWaiting()) GiveUp(pending.get());
}

}  // namespace tokenforge::redis
