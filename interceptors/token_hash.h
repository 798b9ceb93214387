// TokenHash: a keyed hash of a token for the tables that remember tokens.
//
// Only the end of the signature is hashed: bytes that its maker cannot choose freely, and few
// enough to cost nothing. The key is random, so nobody can aim at a slot. Tokens that hash alike
// are told apart by comparing them whole. Immutable; thread-safe.
#pragma once

#include <array>
#include <cstdint>
#include <string_view>

namespace tokenforge::internal {

class TokenHash {
 public:
  TokenHash();  // with a key of its own
  std::uint64_t operator()(std::string_view token) const;

 private:
  std::array<std::uint64_t, 4> key_;
};

}  // namespace tokenforge::internal
