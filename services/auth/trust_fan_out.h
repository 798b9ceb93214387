// TrustFanOut: carries news, and signs of life, to every stream of the trust feed.
//
// One thread for all of them. News: Wake returns at once, and the thread tells every stream that
// there is something; each fetches what it lacks by itself (trust_stream.h). So news that come
// while the thread is at work cost one more round, and no queue grows anywhere. Signs of life:
// streams are spread over slots, one slot a tick, so that ten thousand heartbeats do not fall into
// one moment.
//
// Thread-safe. A stream is called on the fan-out's thread without a lock held, also shortly after
// Remove; it is kept alive meanwhile.
#pragma once

#include <array>
#include <chrono>
#include <cstddef>
#include <memory>
#include <thread>
#include <vector>

#include "absl/base/thread_annotations.h"
#include "absl/container/flat_hash_map.h"
#include "lib/sync/mutex.h"

namespace tokenforge::auth {

class FeedStream {
 public:
  virtual ~FeedStream() = default;
  virtual void OnNews() = 0;   // something changed
  virtual void OnBeat() = 0;   // once in each heartbeat interval
  virtual void OnDrain() = 0;  // the process is ending; at most once
};

struct FanOutOptions {
  std::chrono::milliseconds heartbeat{5000};
  // Rounds of news begin this far apart: a storm of logouts costs many guards few messages, and a
  // single one is not held up.
  std::chrono::milliseconds round{5};
  std::size_t max_streams = 50'000;
};

class TrustFanOut {
 public:
  explicit TrustFanOut(const FanOutOptions& options = {});
  ~TrustFanOut();  // stops
  TrustFanOut(const TrustFanOut&) = delete;
  TrustFanOut& operator=(const TrustFanOut&) = delete;

  enum class Admission { kAdmitted, kDraining, kFull };
  Admission Add(std::shared_ptr<FeedStream> stream);
  void Remove(const FeedStream* stream);

  // There is news. Returns at once.
  void Wake();

  // Ends every stream, and admits none from now on. Returns when each has been told.
  void Drain();

  // The thread; without it nothing is carried. One owner calls both.
  void Start();
  void Stop();

  std::size_t streams() const;

 private:
  static constexpr std::size_t kSlots = 50;
  using Slot = absl::flat_hash_map<const FeedStream*, std::shared_ptr<FeedStream>>;

  void Run();
  // Until a tick is due, or a round of news; false: stop.
  bool WaitUntilDue(std::chrono::steady_clock::time_point next_tick,
                    std::chrono::steady_clock::time_point next_round);
  bool TakeNews();
  std::vector<std::shared_ptr<FeedStream>> StreamsOf(std::size_t slot) const;
  void TellAll();

  const FanOutOptions options_;
  mutable sync::Mutex mutex_;
  sync::CondVar woken_;
  bool news_ ABSL_GUARDED_BY(mutex_) = false;
  bool draining_ ABSL_GUARDED_BY(mutex_) = false;
  bool stopping_ ABSL_GUARDED_BY(mutex_) = false;
  std::array<Slot, kSlots> slots_ ABSL_GUARDED_BY(mutex_);
  absl::flat_hash_map<const FeedStream*, std::size_t> slot_of_ ABSL_GUARDED_BY(mutex_);
  std::size_t next_slot_ ABSL_GUARDED_BY(mutex_) = 0;
  std::thread thread_;
};

}  // namespace tokenforge::auth
