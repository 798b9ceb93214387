#include "tests/lib/redis/ask_port.h"

#include <hiredis/hiredis.h>

#include <memory>

namespace tokenforge::fakes {
namespace {

std::string TextOf(const redisReply& reply) {
  switch (reply.type) {
    case REDIS_REPLY_ERROR:
      return "-" + std::string(reply.str, reply.len);
    case REDIS_REPLY_STRING:
    case REDIS_REPLY_STATUS:
      return {reply.str, reply.len};
    case REDIS_REPLY_INTEGER:
      return std::to_string(reply.integer);
    case REDIS_REPLY_ARRAY: {
      std::string all;
      for (size_t i = 0; i < reply.elements; ++i) {
        const redisReply& item = *reply.element[i];
        const std::string around = item.type == REDIS_REPLY_ARRAY ? " " : "";
        all += (all.empty() ? "" : " ") + around + TextOf(item) + around;
      }
      return all;
    }
    default:
      return {};
  }
}

}  // namespace

std::string AskPort(int port, const std::vector<std::string>& command) {
  const timeval patience{1, 0};
  const std::unique_ptr<redisContext, decltype(&redisFree)> context(
      redisConnectWithTimeout("127.0.0.1", port, patience), redisFree);
  if (context == nullptr || context->err != 0) return {};
  redisSetTimeout(context.get(), patience);
  std::vector<const char*> parts;
  std::vector<size_t> sizes;
  for (const std::string& word : command) {
    parts.push_back(word.data());
    sizes.push_back(word.size());
  }
  void* const answer =
      redisCommandArgv(context.get(), static_cast<int>(parts.size()), parts.data(), sizes.data());
  const std::unique_ptr<redisReply, decltype(&freeReplyObject)> reply(
      static_cast<redisReply*>(answer), freeReplyObject);
  return reply == nullptr ? std::string() : TextOf(*reply);
}

}  // namespace tokenforge::fakes
