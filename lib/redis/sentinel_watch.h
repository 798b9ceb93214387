// SentinelWatch: who the primary is, as the sentinels say. Private to lib/redis.
//
// Asks every sentinel that it knows, those of the endpoint and up to sixteen with those it learns
// of, and goes by the one that has seen the latest failover: a sentinel that was cut off, or has
// just come back, still names the primary that was. No quorum is waited for: the failover itself
// needed one. Whoever uses the answer asks the server for its role, which finds out a sentinel
// that is behind alone.
//
// They are asked when they say that something changed, every two seconds, and, while somebody
// searches, every tenth of a second.
//
// On the thread of the loop that it is given; its timer and connections are that loop's.
#pragma once

#include <uv.h>

#include <memory>
#include <optional>
#include <string_view>
#include <vector>

#include "lib/redis/client.h"
#include "lib/redis/sentinel_peer.h"

namespace tokenforge::redis {

class SentinelWatch final : private SentinelPeer::Owner {
 public:
  static constexpr size_t kMostSentinels = SentinelEndpoint::kMost;

  class Listener {
   public:
    virtual ~Listener() = default;
    // The primary is another one than before.
    virtual void OnPrimary(const ServerAddress& primary) = 0;
    // No sentinel says who the primary is. Told again with each attempt; `why` holds no secret.
    virtual void OnNobodyKnows(std::string_view why) = 0;
  };

  // Of the options it takes who we are to sentinels, and the time-outs.
  SentinelWatch(uv_loop_t* loop, const SentinelEndpoint& endpoint, const Options& options,
                Listener* listener);

  void Start();
  void Stop();   // ends for good; the loop must run on until it has nothing left
  void Flush();  // sends what has been asked; call before the loop polls

  // Asks now, and often until Found(): the primary is not reached, or is none any more.
  void Search();
  void Found();

  // What the sentinels said last; none before they did.
  const std::optional<ServerAddress>& primary() const { return primary_; }

 private:
  void OnAnswer(SentinelPeer& peer, std::string_view why) override;
  void OnSwitch(SentinelPeer& peer) override;
  void OnOthers(SentinelPeer& peer, std::vector<ServerAddress> others) override;
  std::unique_ptr<SentinelPeer> PeerAt(const ServerAddress& sentinel);
  void Learn(const ServerAddress& sentinel);
  void AskAll();
  void AskEvery(std::chrono::milliseconds period);

  uv_loop_t* const loop_;
  const std::string name_;
  Options options_;  // to sentinels
  Listener* const listener_;
  uv_timer_t timer_;
  std::vector<std::unique_ptr<SentinelPeer>> peers_;  // first those of the endpoint
  size_t configured_ = 0;                             // how many
  std::optional<ServerAddress> primary_;
  bool searching_ = true;
  bool stopped_ = false;
};

}  // namespace tokenforge::redis
