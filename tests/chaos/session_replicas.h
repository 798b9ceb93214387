// Three stores on one Redis, as three replicas of the service have them, each behind a link of its
// own that can misbehave; and a disturber that kills or stops the server while they work.
#pragma once

#include <array>
#include <memory>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "lib/redis/client.h"
#include "lib/sync/mutex.h"
#include "services/sessions/session_store_redis.h"
#include "tests/chaos/faulty_link.h"
#include "tests/chaos/session_load.h"
#include "tests/lib/redis/redis_server.h"

namespace tokenforge::chaos {

// Knows whether a client is connected, and lets threads wait until it is.
class Connection final : public redis::Observer {
 public:
  void OnDone(std::string_view, std::chrono::nanoseconds, const absl::Status&) override {}
  void OnConnection(bool up, std::string_view) override;
  // Throws after half a minute.
  void AwaitUp();

 private:
  sync::Mutex mutex_;
  sync::CondVar changed_;
  bool up_ ABSL_GUARDED_BY(mutex_) = false;
};

class SessionReplicas {
 public:
  static constexpr size_t kCount = 3;

  explicit SessionReplicas(unsigned seed, std::vector<std::string> redis_settings = {});

  // The replicas, with fresh stores of this policy.
  std::vector<Replica> Open(const sessions::Policy& policy);

  void Set(FaultyLink::Faults faults);
  int cuts() const;
  int holds() const;
  fakes::RedisServer& server() { return server_; }
  redis::Client& client(size_t replica) { return *nodes_[replica].client; }

 private:
  struct Node {
    std::unique_ptr<FaultyLink> link;
    std::unique_ptr<Connection> connection;
    std::unique_ptr<redis::Client> client;  // goes before what it tells and where it goes
    std::unique_ptr<sessions::SessionStoreRedis> store;
  };
  fakes::RedisServer server_;
  std::array<Node, kCount> nodes_;
};

// Kills the server and starts it again, or stops it for a moment, again and again. On the thread
// that made the server: a server goes with the thread that started it.
class Disturber {
 public:
  enum class Kind { kNone, kKill, kPause };
  Disturber(fakes::RedisServer* server, Kind kind, unsigned seed)
      : server_(*server), kind_(kind), random_(seed) {}

  // Does the work on another thread, and disturbs until it calls `calm`, from whose return on the
  // server is up, or ends.
  void During(const std::function<void(const std::function<void()>& calm)>& work);
  int times() const { return times_; }

 private:
  void Calm();
  void Loop();
  bool Pause(unsigned least_ms, unsigned most_ms);  // false: it is over

  fakes::RedisServer& server_;
  const Kind kind_;
  std::minstd_rand random_;
  int times_ = 0;
  sync::Mutex mutex_;
  sync::CondVar changed_;
  bool stopped_ ABSL_GUARDED_BY(mutex_) = false;
  bool calm_ ABSL_GUARDED_BY(mutex_) = false;
};

}  // namespace tokenforge::chaos
