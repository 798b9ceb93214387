#include "lib/redis/sentinel_watch.h"

#include <algorithm>
#include <utility>

namespace tokenforge::redis {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kCalm{2000};
constexpr milliseconds kSearching{100};
constexpr milliseconds kLongestPause{1000};

Options ToSentinels(const Options& options) {
  Options own;
  own.username = options.sentinel_username;
  if (options.sentinel_password) own.password = options.sentinel_password->Clone();
  own.connect_timeout = options.connect_timeout;
  own.backoff_min = options.backoff_min;
  own.backoff_max = std::min(options.backoff_max, kLongestPause);
  return own;
}

}  // namespace

SentinelWatch::SentinelWatch(uv_loop_t* loop, const SentinelEndpoint& endpoint,
                             const Options& options, Listener* listener)
    : loop_(loop), name_(endpoint.primary), options_(ToSentinels(options)), listener_(listener) {
  uv_timer_init(loop_, &timer_);
  timer_.data = this;
  for (const ServerAddress& sentinel : endpoint.sentinels) {
    peers_.push_back(PeerAt(sentinel));
  }
  configured_ = peers_.size();
}

std::unique_ptr<SentinelPeer> SentinelWatch::PeerAt(const ServerAddress& sentinel) {
  return std::unique_ptr<SentinelPeer>(new SentinelPeer(loop_, sentinel, name_, &options_, this));
}

void SentinelWatch::Start() {
  AskEvery(kSearching);
  for (const auto& peer : peers_) peer->Start();
}

void SentinelWatch::Stop() {
  stopped_ = true;
  for (const auto& peer : peers_) peer->Stop();
  uv_close(reinterpret_cast<uv_handle_t*>(&timer_), nullptr);
}

void SentinelWatch::Flush() {
  for (const auto& peer : peers_) peer->Flush();
}

void SentinelWatch::Search() {
  if (stopped_) return;
  AskAll();
  if (!std::exchange(searching_, true)) AskEvery(kSearching);
}

void SentinelWatch::Found() {
  if (std::exchange(searching_, false)) AskEvery(kCalm);
}

void SentinelWatch::AskEvery(milliseconds period) {
  const auto every = static_cast<uint64_t>(period.count());
  uv_timer_start(
      &timer_, [](uv_timer_t* timer) { static_cast<SentinelWatch*>(timer->data)->AskAll(); }, every,
      every);
}

void SentinelWatch::AskAll() {
  for (const auto& peer : peers_) peer->Ask();
}

void SentinelWatch::OnSwitch(SentinelPeer& peer) { peer.Ask(); }

void SentinelWatch::OnAnswer(SentinelPeer&, std::string_view why) {
  const SentinelPeer* latest = nullptr;
  for (const auto& each : peers_) {
    if (!each->answer()) continue;
    if (latest == nullptr || each->answer()->epoch > latest->answer()->epoch) latest = each.get();
  }
  if (latest == nullptr) return listener_->OnNobodyKnows(why);
  const ServerAddress& primary = latest->answer()->primary;
  if (primary_ == primary) return;
  primary_ = primary;
  listener_->OnPrimary(primary);
}

void SentinelWatch::OnOthers(SentinelPeer&, std::vector<ServerAddress> others) {
  for (const ServerAddress& other : others) Learn(other);
}

// When there are as many as may be, a new one takes the place of a learned one that is away: where
// addresses come and go, those of the past must not shut out those of today.
void SentinelWatch::Learn(const ServerAddress& sentinel) {
  const auto known = [&](const auto& peer) { return peer->server() == sentinel; };
  if (std::any_of(peers_.begin(), peers_.end(), known)) return;
  if (peers_.size() < kMostSentinels) {
    peers_.push_back(PeerAt(sentinel));
    return peers_.back()->Start();
  }
  const auto away = std::find_if(peers_.begin() + static_cast<ptrdiff_t>(configured_), peers_.end(),
                                 [](const auto& peer) { return !peer->up(); });
  if (away != peers_.end()) (*away)->MoveTo(sentinel);
}

}  // namespace tokenforge::redis
