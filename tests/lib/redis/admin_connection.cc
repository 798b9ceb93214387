#include "tests/lib/redis/admin_connection.h"

#include <hiredis/hiredis.h>

#include <stdexcept>
#include <vector>

#include "lib/redis/pipeline.h"

namespace tokenforge::fakes {

void AdminConnection::Free::operator()(redisContext* context) const { redisFree(context); }

redis::Reply AdminConnection::Ask(std::span<const std::string_view> words) {
  const timeval patience{10, 0};
  if (context_ == nullptr) {
    context_.reset(redisConnectWithTimeout("127.0.0.1", port_, patience));
    if (context_ == nullptr || context_->err != 0) {
      context_ = nullptr;
      throw std::runtime_error("no connection to port " + std::to_string(port_));
    }
    redisSetTimeout(context_.get(), patience);
  }
  std::vector<const char*> parts;
  std::vector<size_t> sizes;
  for (const std::string_view word : words) {
    parts.push_back(word.data());
    sizes.push_back(word.size());
  }
  const std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply(
      static_cast<redisReply*>(redisCommandArgv(context_.get(), static_cast<int>(parts.size()),
                                                parts.data(), sizes.data())),
      freeReplyObject);
  if (reply == nullptr) {
    context_ = nullptr;
    throw std::runtime_error("no answer from port " + std::to_string(port_));
  }
  if (reply->type == REDIS_REPLY_ERROR) {
    throw std::runtime_error(std::string(words[0]) + ": " + std::string(reply->str, reply->len));
  }
  return redis::CopyOf(*reply);
}

std::string AdminConnection::TextOrNothing(std::initializer_list<std::string_view> words) {
  try {
    const redis::Reply reply = Ask(words);
    return std::string(reply.AsBytes().value_or(""));
  } catch (const std::runtime_error&) {
    return {};
  }
}

}  // namespace tokenforge::fakes
