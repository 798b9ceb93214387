#include "tests/chaos/session_replicas.h"

#include <stdexcept>
#include <utility>

#include "tests/lib/redis/ask.h"

namespace tokenforge::chaos {

using std::chrono::milliseconds;
using std::chrono::seconds;

void Connection::OnConnection(bool up, std::string_view) {
  const sync::MutexLock lock(&mutex_);
  up_ = up;
  changed_.NotifyAll();
}

void Connection::AwaitUp() {
  const auto until = std::chrono::steady_clock::now() + seconds(30);
  const sync::MutexLock lock(&mutex_);
  while (!up_) {
    if (!changed_.WaitUntil(&mutex_, until)) throw std::runtime_error("Redis does not come back");
  }
}

SessionReplicas::SessionReplicas(unsigned seed, std::vector<std::string> redis_settings)
    : server_(std::move(redis_settings)) {
  for (size_t i = 0; i < kCount; ++i) {
    Node& node = nodes_[i];
    const std::string path = server_.folder() + "/link" + std::to_string(i);
    node.link = std::make_unique<FaultyLink>(path, server_.socket_path(),
                                             seed * 31 + static_cast<unsigned>(i));
    node.connection = std::make_unique<Connection>();
    redis::Options options = fakes::OptionsFor("unix://" + path);
    options.backoff_min = milliseconds(5);
    options.backoff_max = milliseconds(40);
    options.stall_timeout = milliseconds(500);
    node.client = redis::Open(std::move(options), node.connection.get());
  }
}

std::vector<Replica> SessionReplicas::Open(const sessions::Policy& policy) {
  // Clocks that agree as badly as those of well-kept machines never would.
  static constexpr std::array<milliseconds, kCount> kSkews = {milliseconds(0), milliseconds(40),
                                                              milliseconds(-700)};
  std::vector<Replica> replicas;
  for (size_t i = 0; i < kCount; ++i) {
    Node& node = nodes_[i];
    node.store = std::make_unique<sessions::SessionStoreRedis>(node.client.get(), policy);
    replicas.push_back({node.store.get(), kSkews[i],
                        [connection = node.connection.get()] { connection->AwaitUp(); }});
  }
  return replicas;
}

void SessionReplicas::Set(FaultyLink::Faults faults) {
  for (const Node& node : nodes_) node.link->Set(faults);
}

int SessionReplicas::cuts() const {
  int all = 0;
  for (const Node& node : nodes_) all += node.link->cuts();
  return all;
}

int SessionReplicas::holds() const {
  int all = 0;
  for (const Node& node : nodes_) all += node.link->holds();
  return all;
}

void Disturber::During(const std::function<void(const std::function<void()>&)>& work) {
  std::thread worker([this, &work] {
    work([this] { Calm(); });
    Calm();
  });
  Loop();
  worker.join();
}

void Disturber::Calm() {
  const sync::MutexLock lock(&mutex_);
  stopped_ = true;
  changed_.NotifyAll();
  while (!calm_) changed_.Wait(&mutex_);
}

void Disturber::Loop() {
  while (kind_ != Kind::kNone && Pause(30, 150)) {
    if (kind_ == Kind::kKill) {
      server_.Restart();
    } else {
      server_.Pause();
      Pause(20, 600);
      server_.Resume();
    }
    ++times_;
  }
  const sync::MutexLock lock(&mutex_);
  calm_ = true;
  changed_.NotifyAll();
}

bool Disturber::Pause(unsigned least_ms, unsigned most_ms) {
  const auto until =
      std::chrono::steady_clock::now() + milliseconds(least_ms + random_() % (most_ms - least_ms));
  const sync::MutexLock lock(&mutex_);
  while (!stopped_ && changed_.WaitUntil(&mutex_, until)) {
  }
  return !stopped_;
}

}  // namespace tokenforge::chaos
