// Slots: which of a cluster's 16384 slots a key belongs to, by the cluster specification: CRC-16
// (XMODEM) of the key, or of what stands between its first `{` and the first `}` after it, if that
// is not empty (the hash tag). Pure.
#pragma once

#include <cstdint>
#include <string_view>

namespace tokenforge::redis {

inline constexpr int kSlots = 16384;

std::uint16_t Crc16(std::string_view bytes);
int SlotOf(std::string_view key);

}  // namespace tokenforge::redis
