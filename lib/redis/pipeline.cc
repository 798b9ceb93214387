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

Pipeline::Pipeline(uv_loop_t* loop, ServerAddress server, int database, const Options* options,
                   Owner* owner)
    : loop_(loop),
      options_(options),
      owner_(owner),
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
  const std::string& wire = (*pending)->command.wire();
  if (redisAsyncFormattedCommand(context, OnAnswered, pending->get(), wire.data(), wire.size()) !=
      REDIS_OK) {
    return false;
  }
  if (in_flight_++ == 0) last_progress_ms_ = uv_now(loop_);
  (*pending)->sent = true;
  (*pending)->pipeline = this;
  pending->release();  // comes back in OnAnswered
  return true;
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
