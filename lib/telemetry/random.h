// Identifiers that need to be unique and not secret: a xoshiro256** generator per thread, seeded by
// getrandom(2).
//
// Thread-safe. Never for tokens, keys or nonces.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <string>

namespace tokenforge::telemetry {

std::uint64_t NextRandom();

// Fills `bytes`, never with zeros only.
void FillRandomId(std::span<std::uint8_t> bytes);

// Lower-case hexadecimal, appended.
void AppendHex(std::span<const std::uint8_t> bytes, std::string* to);

}  // namespace tokenforge::telemetry
