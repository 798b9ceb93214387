// Moving slots, as `redis-cli --cluster reshard` does.
#include <map>
#include <string>
#include <utility>
#include <vector>

#include "tests/lib/redis/redis_cluster.h"

namespace tokenforge::fakes {

void RedisCluster::Begin(const Move& move) {
  const std::string slot = std::to_string(move.slot);
  Ask(move.to, {"CLUSTER", "SETSLOT", slot, "IMPORTING", At(move.from).id});
  Ask(move.from, {"CLUSTER", "SETSLOT", slot, "MIGRATING", At(move.to).id});
}

int RedisCluster::MoveKeys(const Move& move, int at_most) {
  const redis::Reply found = Ask(
      move.from, {"CLUSTER", "GETKEYSINSLOT", std::to_string(move.slot), std::to_string(at_most)});
  const auto keys = found.AsArray().value();
  if (keys.empty()) return 0;
  const std::string port = std::to_string(port_of(move.to));
  std::vector<std::string_view> words = {"MIGRATE", "127.0.0.1", port, "", "0", "10000", "KEYS"};
  for (const redis::Reply& key : keys) words.push_back(key.AsBytes().value());
  At(move.from).admin.Ask(words);
  return static_cast<int>(keys.size());
}

void RedisCluster::End(const Move& move) {
  const std::string slot = std::to_string(move.slot);
  // The new owner first, so that at no time nobody is.
  Ask(move.to, {"CLUSTER", "SETSLOT", slot, "NODE", At(move.to).id});
  Ask(move.from, {"CLUSTER", "SETSLOT", slot, "NODE", At(move.to).id});
}

void RedisCluster::MoveSlot(const Move& move) {
  constexpr int kAtOnce = 100;
  Begin(move);
  while (MoveKeys(move, kAtOnce) > 0) {
  }
  End(move);
}

void RedisCluster::Reshard(int slots_of_each) {
  std::vector<int> primaries;
  std::vector<std::pair<int, int>> ranges;
  const redis::Reply map = Ask(0, {"CLUSTER", "SLOTS"});
  const auto slots = map.AsArray().value();
  for (const redis::Reply& range : slots) {
    const auto fields = range.AsArray().value();
    ranges.emplace_back(fields[0].AsInteger().value(), fields[1].AsInteger().value());
    primaries.push_back(
        NodeAt(static_cast<int>(fields[2].AsArray().value()[1].AsInteger().value())));
  }
  std::map<int, int> left;
  for (const int primary : primaries) left[primary] = slots_of_each;
  for (size_t i = 0; i < ranges.size(); ++i) {
    const auto [first, last] = ranges[i];
    const int to = primaries[(i + 1) % primaries.size()];
    if (to == primaries[i]) continue;
    for (int slot = first; slot <= last && left[primaries[i]]-- > 0; ++slot) {
      MoveSlot({slot, primaries[i], to});
    }
  }
}

void RedisCluster::Flush() {
  for (int node = 0; node < kNodes; ++node) {
    if (At(node).answers && IsPrimary(node)) Ask(node, {"FLUSHALL"});
  }
}

}  // namespace tokenforge::fakes
