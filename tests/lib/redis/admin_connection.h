// AdminConnection: a fixture's own connection to a server on a loopback port, which it makes again
// when the server was away. One thread.
#pragma once

#include <memory>
#include <span>
#include <string>
#include <string_view>

#include "lib/redis/reply.h"

struct redisContext;

namespace tokenforge::fakes {

class AdminConnection {
 public:
  explicit AdminConnection(int port) : port_(port) {}

  // The answer; waits ten seconds at the most. Throws std::runtime_error with the server's words
  // for an error, and when there is no answer.
  redis::Reply Ask(std::span<const std::string_view> words);
  redis::Reply Ask(std::initializer_list<std::string_view> words) {
    return Ask(std::span<const std::string_view>(words.begin(), words.size()));
  }
  // A text, or empty when there is no answer or an error: for asking until it is there.
  std::string TextOrNothing(std::initializer_list<std::string_view> words);

 private:
  struct Free {
    void operator()(redisContext* context) const;
  };

  const int port_;
  std::unique_ptr<redisContext, Free> context_;
};

}  // namespace tokenforge::fakes
