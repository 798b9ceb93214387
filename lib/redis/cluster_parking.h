// Parking: commands of a cluster's client that wait for their turn — until a time, or until the
// cluster has changed. Private to lib/redis. Loop thread only; it owns them.
//
// A command whose deadline passes meanwhile has been answered, and is dropped at the next look.
#pragma once

#include <memory>
#include <utility>
#include <vector>

#include "lib/redis/pending.h"

namespace tokenforge::redis {

class Parking {
 public:
  using Commands = std::vector<std::unique_ptr<Pending>>;

  void AddUntil(uint64_t time_ms, std::unique_ptr<Pending> pending) {
    timed_.emplace_back(time_ms, std::move(pending));
  }
  void AddUntilChange(std::unique_ptr<Pending> pending) { others_.push_back(std::move(pending)); }

  size_t size() const { return timed_.size() + others_.size(); }

  // Those whose time has come.
  Commands TakeDue(uint64_t now_ms) {
    std::erase_if(others_, [](const auto& pending) { return !pending->done; });
    Commands due;
    std::erase_if(timed_, [&](auto& each) {
      if (each.second->done && each.first > now_ms) return false;
      if (each.second->done) due.push_back(std::move(each.second));
      return true;
    });
    return due;
  }
  // Those that wait for a change.
  Commands TakeChanged() { return std::exchange(others_, {}); }
  Commands TakeAll() {
    Commands all = TakeChanged();
    for (auto& each : std::exchange(timed_, {})) all.push_back(std::move(each.second));
    return all;
  }

 private:
  std::vector<std::pair<uint64_t, std::unique_ptr<Pending>>> timed_;
  Commands others_;
};

}  // namespace tokenforge::redis
