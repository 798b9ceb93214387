// Subscription: messages of one channel, on a connection and an event-loop thread of its own.
//
// Why its own: a connection that has subscribed takes no other commands. It dials, authenticates,
// subscribes, and does so again after every loss, with back-off. Where there are sentinels it moves
// to each new primary.
//
// On a cluster every node hears what is published at any of them, so it listens at one, and after a
// loss at the next: the seeds, then the primaries that a node told of.
//
// What it promises, and what not: Redis keeps no message for whoever is not connected, so anything
// may be missed until on_subscribed — which is called each time the subscription holds (again), and
// is the moment to look for what was missed. A server that hangs is not noticed (TCP keep-alive
// finds a dead one): whoever must not miss anything polls as well, and uses this to be fast.
#pragma once

#include <functional>
#include <memory>
#include <string>
#include <string_view>

#include "lib/redis/client.h"

namespace tokenforge::redis {

// Called on the event-loop thread: they must not block and must not destroy the subscription. Any
// of them may be empty.
struct SubscriptionHooks {
  std::function<void()> on_subscribed = {};
  std::function<void(std::string_view payload)> on_message = {};
  // The connection was lost, or refused; `why` holds no secret. Another attempt follows.
  std::function<void(std::string_view why)> on_down = {};
};

class Subscription {
 public:
  // Ends it; no hook is called once this returns. Not from a hook.
  virtual ~Subscription() = default;
};

// Returns at once and connects behind.
std::unique_ptr<Subscription> Subscribe(Options options, std::string channel,
                                        SubscriptionHooks hooks);

}  // namespace tokenforge::redis
