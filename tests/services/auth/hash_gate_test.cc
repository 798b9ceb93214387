#include "services/auth/hash_gate.h"

#include <gtest/gtest.h>

#include <chrono>
#include <optional>
#include <string>
#include <thread>
#include <vector>

#include "lib/errors/errors.h"

namespace tokenforge::auth {
namespace {

// As many slots as the gate gives to one address.
std::vector<HashGate::Slot> TakeAll(HashGate& gate, const std::string& address) {
  std::vector<HashGate::Slot> slots;
  for (;;) {
    auto slot = gate.Enter(address);
    if (!slot.ok()) return slots;
    slots.push_back(*std::move(slot));
  }
}

TEST(HashGate, RefusesWithATimeToComeBackAt) {
  HashGate gate(2);
  const auto slot = gate.Enter("192.0.2.1");
  ASSERT_TRUE(slot.ok());
  const absl::Status refused = gate.Enter("192.0.2.1").status();
  EXPECT_EQ(errors::ReasonOf(refused), errors::reasons::OVERLOADED);
  EXPECT_TRUE(errors::RetryAfterOf(refused).has_value());
}

TEST(HashGate, OneAddressComesToHalfOfItAndLeavesRoomForOthers) {
  HashGate gate(64);
  const auto greedy = TakeAll(gate, "192.0.2.1");
  EXPECT_EQ(greedy.size(), 32u);
  const auto other = TakeAll(gate, "192.0.2.2");
  EXPECT_EQ(other.size(), 16u);
  EXPECT_TRUE(gate.Enter("192.0.2.3").ok());
}

TEST(HashGate, ManyAddressesComeToAllOfIt) {
  HashGate gate(64);
  std::vector<HashGate::Slot> slots;
  for (int i = 0; i < 64; ++i) {
    auto slot = gate.Enter("192.0.2." + std::to_string(i));
    ASSERT_TRUE(slot.ok()) << i;
    slots.push_back(*std::move(slot));
  }
  EXPECT_FALSE(gate.Enter("198.51.100.1").ok());
}

TEST(HashGate, RoomComesBackWhenASlotIsDestroyedAndOnlyThen) {
  HashGate gate(2);
  std::optional<HashGate::Slot> slot = *gate.Enter("192.0.2.1");
  HashGate::Slot moved = *std::move(slot);
  slot.reset();
  EXPECT_FALSE(gate.Enter("192.0.2.1").ok()) << "a slot that was moved from holds nothing";
  moved = HashGate::Slot();
  EXPECT_TRUE(gate.Enter("192.0.2.1").ok());
}

TEST(HashGate, CountsWhileManyThreadsComeAndGo) {
  HashGate gate(8);
  std::vector<std::jthread> threads;
  for (int i = 0; i < 4; ++i) {
    threads.emplace_back([&gate, address = "192.0.2." + std::to_string(i)] {
      for (int n = 0; n < 20'000; ++n) (void)gate.Enter(address);
    });
  }
  threads.clear();
  EXPECT_EQ(TakeAll(gate, "192.0.2.9").size(), 4u);
}

}  // namespace
}  // namespace tokenforge::auth
