// Wire: a network between several hosts of one machine, each a network namespace, whose every
// packet passes through this process: it is delayed, lost, or goes nowhere because two hosts are
// cut off from each other.
//
// Why not the kernel's netem: many kernels are built without it. Here a host's only way to the
// others is a TUN device, and this process is the switch between them. "" is the host of this
// process itself, in the namespace that it has anyway.
//
// Needs root. A thread of its own moves the packets; all calls are thread-safe. Namespaces and
// devices go with the object.
#pragma once

#include <chrono>
#include <map>
#include <queue>
#include <random>
#include <set>
#include <string>
#include <thread>
#include <utility>
#include <vector>

#include "lib/sync/mutex.h"

namespace tokenforge::drills {

class Wire {
 public:
  struct Quality {
    std::chrono::microseconds delay{0};   // one way
    std::chrono::microseconds jitter{0};  // up to so much more
    double loss = 0;                      // the share of packets
  };

  // Why there can be no wire here; empty when there can.
  static std::string Missing();

  explicit Wire(const std::vector<std::string>& hosts);
  ~Wire();
  Wire(const Wire&) = delete;
  Wire& operator=(const Wire&) = delete;

  std::string address(const std::string& host) const;
  // What goes before a command that is to run on the host.
  std::vector<std::string> On(const std::string& host) const;

  void Set(const Quality& quality);
  // No packet passes between the two, in either direction, and nobody is told.
  void Cut(const std::string& one, const std::string& other);
  void Heal();

  long carried() const;
  long dropped() const;

 private:
  struct Host {
    std::string name, space;  // "" for this process' own namespace
    int device = -1;
  };
  struct Packet {
    std::chrono::steady_clock::time_point due;
    int device;
    std::string bytes;
    bool operator<(const Packet& other) const { return due > other.due; }  // the earliest on top
  };

  void Attach(Host& host, int number);
  void Move();
  void TakeIn(std::size_t from, std::string bytes);
  int Deliver();  // milliseconds until the next packet is due; -1 for none

  std::string net_;  // "10.77.3."
  std::vector<Host> hosts_;
  int ending_ = -1;
  mutable sync::Mutex mutex_;
  Quality quality_ ABSL_GUARDED_BY(mutex_);
  std::set<std::pair<std::size_t, std::size_t>> cut_ ABSL_GUARDED_BY(mutex_);
  long carried_ ABSL_GUARDED_BY(mutex_) = 0;
  long dropped_ ABSL_GUARDED_BY(mutex_) = 0;
  std::priority_queue<Packet> under_way_;  // the thread's
  std::mt19937 random_{std::random_device()()};
  std::thread thread_;
};

}  // namespace tokenforge::drills
