// RedisTap: stands between one keys replica and Redis, sees each operation of its stores pass, and
// can stop the connection right before an operation reaches Redis, or after it took effect and
// before the answer comes back. So a real process can be killed at an exact point without a back
// door in it.
//
// An operation is known by its key and the shape of its command: see
// key_store_redis.cc and guard_report_store_redis.cc. What is on its way when a trap springs is
// thrown away. Threads of its own; the trap is called on them, and may be set at any time.
#pragma once

#include <atomic>
#include <functional>
#include <string>
#include <thread>
#include <vector>

#include "lib/sync/mutex.h"

namespace tokenforge::chaos {

enum class Operation { kNone, kReadKeys, kReadReports, kReplaceKeys };
enum class Moment { kBefore, kAfter };

class RedisTap {
 public:
  // True: stop here. The trap has done then what it wanted to do.
  using Trap = std::function<bool(Operation, Moment)>;

  // Listens on one socket's path and goes on to another.
  RedisTap(std::string path, std::string server_path, Trap trap);
  ~RedisTap();
  RedisTap(const RedisTap&) = delete;
  RedisTap& operator=(const RedisTap&) = delete;

  const std::string& path() const { return path_; }

 private:
  void Accept();
  void Pass(int client);
  bool PassOn(int from, int to, bool to_server, Operation* under_way);

  const std::string path_;
  const std::string server_path_;
  const Trap trap_;
  int listener_;
  std::atomic<bool> stopping_ = false;
  sync::Mutex mutex_;
  std::vector<std::thread> connections_ ABSL_GUARDED_BY(mutex_);
  std::thread acceptor_;
};

}  // namespace tokenforge::chaos
