#include "lib/redis/subscription.h"

#include <hiredis/hiredis.h>
#include <pthread.h>
#include <uv.h>

#include <algorithm>
#include <array>
#include <thread>
#include <utility>
#include <variant>
#include <vector>

#include "lib/redis/cluster_slot_map.h"
#include "lib/redis/link.h"
#include "lib/redis/pipeline.h"
#include "lib/redis/sentinel_watch.h"
#include "lib/redis/signals_blocked.h"

namespace tokenforge::redis {
namespace {

// A server that refuses the subscription (ACL) is up each time before it does so, and being up
// resets the back-off: this keeps the attempts apart.
constexpr std::chrono::milliseconds kShortestPause{200};

class OneChannel final : public Subscription,
                         private Link::Listener,
                         private SentinelWatch::Listener {
 public:
  // At one server.
  OneChannel(SingleEndpoint endpoint, Options options, std::string channel, SubscriptionHooks hooks)
      : OneChannel(std::move(options), std::move(channel), std::move(hooks)) {
    link_.reset(new Link(&loop_, std::move(endpoint.server), endpoint.database, &options_, this));
    StartThread();
  }
  // At whichever server the sentinels name.
  OneChannel(const SentinelEndpoint& endpoint, Options options, std::string channel,
             SubscriptionHooks hooks)
      : OneChannel(std::move(options), std::move(channel), std::move(hooks)) {
    watch_.reset(new SentinelWatch(&loop_, endpoint, options_, this));
    StartThread();
  }
  // At any node of a cluster.
  OneChannel(ClusterEndpoint endpoint, Options options, std::string channel,
             SubscriptionHooks hooks)
      : OneChannel(std::move(options), std::move(channel), std::move(hooks)) {
    nodes_ = std::move(endpoint.seeds);
    seeds_ = nodes_.size();
    link_.reset(new Link(&loop_, nodes_.front(), 0, &options_, this));
    StartThread();
  }

  ~OneChannel() override {
    uv_async_send(&close_);
    thread_.join();
    uv_loop_close(&loop_);
  }

 private:
  OneChannel(Options options, std::string channel, SubscriptionHooks hooks)
      : options_(std::move(options)), channel_(std::move(channel)), hooks_(std::move(hooks)) {
    options_.backoff_min = std::max(options_.backoff_min, kShortestPause);
    options_.backoff_max = std::max(options_.backoff_max, kShortestPause);
    uv_loop_init(&loop_);
    close_.data = before_poll_.data = this;
    uv_async_init(&loop_, &close_,
                  [](uv_async_t* handle) { static_cast<OneChannel*>(handle->data)->Close(); });
    uv_prepare_init(&loop_, &before_poll_);
  }

  void StartThread() {
    const SignalsBlocked blocked;
    thread_ = std::thread([this] { Loop(); });
  }

  void Loop() {
    pthread_setname_np(pthread_self(), "redis-news");
    uv_prepare_start(&before_poll_,
                     [](uv_prepare_t* handle) { static_cast<OneChannel*>(handle->data)->Flush(); });
    if (link_ != nullptr) link_->Start();
    if (watch_ != nullptr) watch_->Start();
    uv_run(&loop_, UV_RUN_DEFAULT);  // until Close
  }

  void Flush() {
    if (link_ != nullptr) link_->Flush();
    if (watch_ != nullptr) watch_->Flush();
  }

  void Close() {
    closed_ = true;
    if (link_ != nullptr) link_->Stop();
    if (watch_ != nullptr) watch_->Stop();
    uv_close(reinterpret_cast<uv_handle_t*>(&close_), nullptr);
    uv_close(reinterpret_cast<uv_handle_t*>(&before_poll_), nullptr);
  }

  void OnPrimary(const ServerAddress& primary) override {
    if (link_ != nullptr) Leave();
    link_.reset(new Link(&loop_, primary, 0, &options_, this));
    link_->Start();
  }

  void OnNobodyKnows(std::string_view why) override {
    if (link_ == nullptr) OnDown(why);
  }

  void Leave() {
    OnDown("the sentinels name another primary");
    leaving_.push_back(std::move(link_));
    Link* const left = leaving_.back().get();
    left->Stop([this, left] {
      std::erase_if(leaving_, [left](const auto& each) { return each.get() == left; });
    });
  }

  void OnUp() override {
    if (watch_ != nullptr) watch_->Found();
    // Ahead of it: a connection that has subscribed cannot ask any more.
    if (seeds_ > 0) redisAsyncCommand(link_->context(), OnMap, this, "CLUSTER SLOTS");
    std::array<const char*, 2> parts = {"SUBSCRIBE", channel_.c_str()};
    const std::array<size_t, 2> sizes = {9, channel_.size()};
    redisAsyncCommandArgv(link_->context(), OnReply, this, 2, parts.data(), sizes.data());
  }

  void OnDown(std::string_view why) override {
    if (closed_) return;
    if (watch_ != nullptr) watch_->Search();
    if (seeds_ > 0) link_->SetServer(nodes_[++turn_ % nodes_.size()]);  // of the next attempt
    if (hooks_.on_down) hooks_.on_down(why);
  }

  // Primaries that the seeds do not name are places too: seeds go, clusters stay.
  static void OnMap(redisAsyncContext*, void* data, void* in_self) {
    if (data == nullptr) return;
    auto* const self = static_cast<OneChannel*>(in_self);
    const Reply reply = CopyOf(*static_cast<const redisReply*>(data));
    const auto map = SlotMap::Read(reply, self->link_->server());
    if (!map.ok()) return;  // the seeds remain
    std::vector<ServerAddress>& known = self->nodes_;
    known.resize(self->seeds_);
    for (const ServerAddress& each : map->primaries()) {
      if (std::find(known.begin(), known.end(), each) == known.end()) known.push_back(each);
    }
  }

  // ["subscribe", channel, count] once, then ["message", channel, payload].
  static void OnReply(redisAsyncContext*, void* data, void* self) {
    if (data == nullptr) return;  // the end of the connection; OnDown tells
    const auto& reply = *static_cast<const redisReply*>(data);
    if (reply.type != REDIS_REPLY_ARRAY || reply.elements != 3) return;
    const redisReply& kind = *reply.element[0];
    const redisReply& last = *reply.element[2];
    if (kind.type != REDIS_REPLY_STRING) return;
    const SubscriptionHooks& hooks = static_cast<OneChannel*>(self)->hooks_;
    const std::string_view word(kind.str, kind.len);
    if (word == "subscribe" && hooks.on_subscribed) hooks.on_subscribed();
    if (word == "message" && last.type == REDIS_REPLY_STRING && hooks.on_message) {
      hooks.on_message(std::string_view(last.str, last.len));
    }
  }

  Options options_;
  const std::string channel_;
  const SubscriptionHooks hooks_;
  uv_loop_t loop_;
  uv_async_t close_;
  uv_prepare_t before_poll_;
  // The loop thread's own.
  std::unique_ptr<SentinelWatch> watch_;        // if there are sentinels
  std::unique_ptr<Link> link_;                  // none before they have named a server
  std::vector<std::unique_ptr<Link>> leaving_;  // until the loop is done with them
  std::vector<ServerAddress> nodes_;            // of a cluster: the seeds, then those that it has
  size_t seeds_ = 0;
  size_t turn_ = 0;  // among the nodes
  bool closed_ = false;
  std::thread thread_;
};

}  // namespace

std::unique_ptr<Subscription> Subscribe(Options options, std::string channel,
                                        SubscriptionHooks hooks) {
  Endpoint endpoint = std::exchange(options.endpoint, Endpoint());
  if (auto* const single = std::get_if<SingleEndpoint>(&endpoint)) {
    return std::make_unique<OneChannel>(std::move(*single), std::move(options), std::move(channel),
                                        std::move(hooks));
  }
  if (const auto* const sentinels = std::get_if<SentinelEndpoint>(&endpoint)) {
    return std::make_unique<OneChannel>(*sentinels, std::move(options), std::move(channel),
                                        std::move(hooks));
  }
  return std::make_unique<OneChannel>(std::get<ClusterEndpoint>(std::move(endpoint)),
                                      std::move(options), std::move(channel), std::move(hooks));
}

}  // namespace tokenforge::redis
