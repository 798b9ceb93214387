#include "lib/redis/pipeline.h"

#include <hiredis/hiredis.h>

#include <string>
#include <utility>
#include <vector>

#include "lib/redis/failures.h"

namespace tokenforge::redis {

Reply CopyOf(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_INTEGER:
      return Reply::Integer(reply.integer);
    case REDIS_REPLY_STRING:
      return Reply::String(std::string(reply.str, reply.len));
    case REDIS_REPLY_STATUS:
      return Reply::Status(std::string(reply.str, reply.len));
    case REDIS_REPLY_ERROR:
      return Reply::Error();
    case REDIS_REPLY_ARRAY: {
      std::vector<Reply> items;
      items.reserve(reply.elements);
      for (size_t i = 0; i < reply.elements; ++i) items.push_back(CopyOf(*reply.element[i]));
      return Reply::Array(std::move(items));
    }
    default:
      return Reply();
  }
}

namespace {

std::string WaitFor(const Replication& replication) {
  const std::string replicas = std::to_string(replication.replicas);
  const std::string within = std::to_string(replication.within.count());
  return Command({"WAIT", replicas, within}).wire();
}

}  // namespace

Pipeline::Pipeline(uv_loop_t* loop, ServerAddress server, int database, const Options* options,
                   Owner* owner)
    : loop_(loop),
      options_(options),
      owner_(owner),
      wait_(options->replication.replicas > 0 ? WaitFor(options->replication) : std::string()),
      link_(loop, std::move(server), database, options, this) {}

std::chrono::milliseconds Pipeline::Silence() const {
  if (in_flight_ == 0) return std::chrono::milliseconds(0);
  return std::chrono::milliseconds(uv_now(loop_) - last_progress_ms_);
}

bool Pipeline::Send(std::unique_ptr<Pending>* pending) {
  redisAsyncContext* const context = link_.context();
  if (context == nullptr) return false;
  constexpr std::string_view kAsking = "*1\r\n$6\r\nASKING\r\n";
  if ((*pending)->asking && redisAsyncFormattedCommand(context, OnAsking, nullptr, kAsking.data(),
                                                       kAsking.size()) != REDIS_OK) {
    return false;
  }
  if (!wait_.empty() && (*pending)->command.may_write()) return SendLasting(pending, context);
  const std::string& wire = (*pending)->command.wire();
  if (redisAsyncFormattedCommand(context, OnAnswered, pending->get(), wire.data(), wire.size()) !=
      REDIS_OK) {
    return false;
  }
  if (in_flight_++ == 0) last_progress_ms_ = uv_now(loop_);
  Sent(**pending);
  pending->release();  // comes back in OnAnswered
  return true;
}

void Pipeline::Sent(Pending& pending) {
  pending.sent = true;
  pending.pipeline = this;
  if (!pending.span) return;
  const ServerAddress& server = link_.server();
  const bool local = !server.socket_path.empty();
  pending.span.Set("server.address", local ? server.socket_path : server.host);
  if (!local) pending.span.Set("server.port", std::int64_t{server.port});
}

// hiredis refuses to append only when the connection is ending, which it does not between two
// calls.
bool Pipeline::SendLasting(std::unique_ptr<Pending>* pending, redisAsyncContext* context) {
  auto held = std::make_unique<Held>();
  const std::string& wire = (*pending)->command.wire();
  if (redisAsyncFormattedCommand(context, OnAnsweredLasting, held.get(), wire.data(),
                                 wire.size()) != REDIS_OK) {
    return false;
  }
  redisAsyncFormattedCommand(context, OnWaited, held.get(), wait_.data(), wait_.size());
  if (in_flight_++ == 0) last_progress_ms_ = uv_now(loop_);
  Sent(**pending);
  held->pending = std::move(*pending);
  held.release();  // comes back in OnWaited
  return true;
}

void Pipeline::OnAnsweredLasting(redisAsyncContext*, void* data, void* in_held) {
  Held* const held = static_cast<Held*>(in_held);
  const auto* const reply = static_cast<const redisReply*>(data);
  Pipeline* const self = held->pending->pipeline;
  if (reply != nullptr && reply->type != REDIS_REPLY_ERROR) {
    self->last_progress_ms_ = uv_now(self->loop_);
    held->reply = CopyOf(*reply);
    return;
  }
  --self->in_flight_;
  self->Answered(std::move(held->pending), reply);
}

void Pipeline::OnWaited(redisAsyncContext*, void* data, void* in_held) {
  const std::unique_ptr<Held> held(static_cast<Held*>(in_held));
  const auto* const reply = static_cast<const redisReply*>(data);
  if (held->pending == nullptr) return;
  Pipeline* const self = held->pending->pipeline;
  --self->in_flight_;
  if (reply == nullptr || reply->type != REDIS_REPLY_INTEGER) {
    return self->Answered(std::move(held->pending), reply);
  }
  self->last_progress_ms_ = uv_now(self->loop_);
  const bool enough = reply->integer >= self->options_->replication.replicas;
  const absl::Status failed = failures::NotReplicated(held->pending->command.label());
  self->owner_->OnConfirmed(
      std::move(held->pending),
      enough ? absl::StatusOr<Reply>(std::move(held->reply)) : absl::StatusOr<Reply>(failed));
}

void Pipeline::OnAnswered(redisAsyncContext*, void* reply, void* data) {
  std::unique_ptr<Pending> pending(static_cast<Pending*>(data));
  Pipeline* const self = pending->pipeline;
  --self->in_flight_;
  self->Answered(std::move(pending), static_cast<const redisReply*>(reply));
}

void Pipeline::Answered(std::unique_ptr<Pending> pending, const redisReply* reply) {
  if (reply != nullptr) last_progress_ms_ = uv_now(loop_);
  if (reply != nullptr && reply->type == REDIS_REPLY_ERROR && pending->done &&
      pending->command.has_source() &&
      failures::IsUnknownScript(std::string_view(reply->str, reply->len))) {
    pending->command.UseSource();
    if (Send(&pending)) return;
    reply = nullptr;
  }
  owner_->OnReply(*this, std::move(pending), reply);
}

bool Pipeline::Tick() {
  if (Silence() > options_->stall_timeout) link_.Drop("the server does not answer");
  return in_flight_ > 0;
}

}  // namespace tokenforge::redis
