// SlotMap: which primary of a cluster serves which slot, as one of its nodes tells (CLUSTER SLOTS).
// Private to lib/redis. A plain value.
//
// Why so strict: a map that is believed sends every command and the password to the addresses in
// it. An answer that is not wholly well formed — a range outside of the slots or backwards, two
// owners of a slot, a port that is none, a host with odd characters, more primaries or ranges than
// there can be — is refused as a whole, and the map that was known stays.
#pragma once

#include <array>
#include <cstdint>
#include <vector>

#include "absl/status/statusor.h"
#include "lib/redis/endpoint.h"
#include "lib/redis/key_slot.h"
#include "lib/redis/reply.h"

namespace tokenforge::redis {

class SlotMap {
 public:
  static constexpr size_t kMostPrimaries = 1000;  // what the specification recommends at most

  // Reads the answer to CLUSTER SLOTS of the node `asked`. A node whose own address the cluster
  // does not know ("", "?" or nil) is on the host that was asked. INTERNAL_FAULT: not well formed,
  // or not one slot is served.
  static absl::StatusOr<SlotMap> Read(const Reply& reply, const ServerAddress& asked);

  // Each once.
  const std::vector<ServerAddress>& primaries() const { return primaries_; }
  // The index of the slot's primary; -1: nobody serves it.
  int OwnerOf(int slot) const { return owners_[static_cast<size_t>(slot)]; }
  // Whether every slot is served.
  bool complete() const { return covered_ == kSlots; }

 private:
  SlotMap() { owners_.fill(-1); }
  // False: not well formed.
  bool Add(const Reply& range, const ServerAddress& asked);
  int IndexOf(ServerAddress primary);

  std::vector<ServerAddress> primaries_;
  std::array<std::int16_t, kSlots> owners_;
  int covered_ = 0;
};

// The host that a node is said to be on, or the one that was asked if none is said. Empty: it is
// neither a name nor an address.
std::string HostOf(std::string_view said, const ServerAddress& asked);

}  // namespace tokenforge::redis
