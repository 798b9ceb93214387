// FaultyLink: stands between a client and a server, both on unix sockets, and misbehaves as told:
// cuts connections before a request arrives or after it took effect and before its answer does, or
// holds bytes back for longer than the client waits, or passes none at all. What a network does,
// without a network.
//
// Which piece of the stream is hit follows from the seed and the traffic. Threads of its own; Set
// may be called at any time. A server that is away refuses the connection.
#pragma once

#include <atomic>
#include <chrono>
#include <random>
#include <string>
#include <thread>
#include <vector>

#include "lib/sync/mutex.h"

namespace tokenforge::chaos {

class FaultyLink {
 public:
  struct Faults {
    double cut = 0;   // the share of pieces that are thrown away, with their connection
    double held = 0;  // and of those that are held back
    std::chrono::milliseconds longest{0};
  };

  // Listens on one socket's path and goes on to another.
  FaultyLink(std::string path, std::string server_path, unsigned seed);
  ~FaultyLink();
  FaultyLink(const FaultyLink&) = delete;
  FaultyLink& operator=(const FaultyLink&) = delete;

  void Set(Faults faults);

  // While it is silent no byte passes, either way; connections stay, and new ones are taken. What
  // was sent meanwhile arrives when it is over, as over TCP.
  void SetSilent(bool silent) { silent_ = silent; }
  int cuts() const { return cuts_; }
  int holds() const { return holds_; }

 private:
  void Accept();
  void Pass(int client);
  bool PassOn(int from, int to);
  // What happens to the next piece: whether it is cut off, and how long it is held.
  std::pair<bool, std::chrono::milliseconds> Fate();
  bool Ending(std::chrono::milliseconds within) const;

  const std::string path_;
  const std::string server_path_;
  int listener_;
  int ending_;  // readable when it is over
  std::atomic<bool> silent_ = false;
  std::atomic<int> cuts_ = 0;
  std::atomic<int> holds_ = 0;
  sync::Mutex mutex_;
  Faults faults_ ABSL_GUARDED_BY(mutex_);
  std::minstd_rand random_ ABSL_GUARDED_BY(mutex_);
  std::vector<std::thread> connections_ ABSL_GUARDED_BY(mutex_);
  std::thread acceptor_;
};

}  // namespace tokenforge::chaos
