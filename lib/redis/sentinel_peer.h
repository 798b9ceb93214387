// SentinelPeer: one sentinel, and what it says about the primary. Private to lib/redis.
//
// Two connections, because one that has subscribed takes no questions: on the first it is asked
// (Ask), on the other it tells by itself that the primary is another one (+switch-master), which is
// only a reason to ask. Both dial again by themselves. An answer is forgotten when the connection
// for questions is lost, or when the next question is not answered in time: what a sentinel said
// before it was cut off may be old.
//
// Loop thread only. What comes over the wire is checked: an address that is none is no answer.
#pragma once

#include <hiredis/hiredis.h>

#include <cstdint>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "lib/redis/link.h"

namespace tokenforge::redis {

class SentinelPeer {
 public:
  struct Answer {
    ServerAddress primary;
    // Grows with each failover: of two sentinels that disagree the one with the greater is right.
    uint64_t epoch = 0;
  };

  class Owner {
   public:
    virtual ~Owner() = default;
    // answer() is new, or gone: then `why`, without a secret, says why there is none.
    virtual void OnAnswer(SentinelPeer& peer, std::string_view why) = 0;
    // It says that there is another primary: ask.
    virtual void OnSwitch(SentinelPeer& peer) = 0;
    // Other sentinels that it knows.
    virtual void OnOthers(SentinelPeer& peer, std::vector<ServerAddress> others) = 0;
  };

  // Of the options, which outlive it, it uses who we are, timeouts and back-off. `primary` is the
  // name that the sentinels know it by.
  SentinelPeer(uv_loop_t* loop, ServerAddress server, std::string primary, const Options* options,
               Owner* owner);
  SentinelPeer(const SentinelPeer&) = delete;
  SentinelPeer& operator=(const SentinelPeer&) = delete;

  void Start();
  // Ends for good. The loop must run on until it has nothing left.
  void Stop();
  // Sends what has been asked. Call before the loop polls.
  void Flush();

  // Asks; if a question is under way, again after its answer, which may be older than the reason to
  // ask. Gives a connection up on which one has been for too long.
  void Ask();
  const std::optional<Answer>& answer() const { return answer_; }

  const ServerAddress& server() const { return questions_.link.server(); }
  bool up() const { return questions_.link.context() != nullptr; }
  // Goes to another sentinel from now on.
  void MoveTo(const ServerAddress& server);

 private:
  // A connection of it.
  struct Side final : Link::Listener {
    Side(uv_loop_t* loop, ServerAddress server, const Options* options)
        : link(loop, std::move(server), 0, options, this) {}
    void OnUp() override { up(); }
    void OnDown(std::string_view why) override { down(why); }
    std::function<void()> up;
    std::function<void(std::string_view)> down;
    Link link;
  };

  static void OnAddress(redisAsyncContext*, void* reply, void* self);
  static void OnState(redisAsyncContext*, void* reply, void* self);
  static void OnOthers(redisAsyncContext*, void* reply, void* self);
  static void OnNews(redisAsyncContext*, void* reply, void* self);
  void Question(redisCallbackFn* callback, const char* what);
  void Forget(std::string_view why);

  uv_loop_t* const loop_;
  const std::string primary_;
  const Options* const options_;
  Owner* const owner_;
  Side questions_;
  Side news_;
  std::optional<Answer> answer_;
  bool asked_ = false;
  bool ask_again_ = false;
  uint64_t asked_at_ms_ = 0;  // on the loop's clock
  bool stopped_ = false;

  // Of the answer that is coming in.
  std::optional<ServerAddress> address_;
  std::string refusal_;
};

}  // namespace tokenforge::redis
