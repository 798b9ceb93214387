// What is stored about signing keys: plain values, as KeyStore keeps them.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "lib/jose/algorithm.h"
#include "services/keys/key_encryption.h"

namespace tokenforge::keys {

using Time = std::chrono::sys_time<std::chrono::milliseconds>;

// Life of a key: next → active → retired → gone; or revoked.
enum class KeyState { kNext, kActive, kRetired, kRevoked };

struct KeyRecord {
  std::string kid;  // RFC 7638 thumbprint
  jose::Algorithm algorithm = jose::Algorithm::kRs256;
  KeyState state = KeyState::kNext;
  Time create_time;
  std::optional<Time> activate_time;
  std::optional<Time> retire_time;  // or when it was revoked
  // Version of the first set that held it: whoever enforces that one, or a later one, knows the
  // key. (Sets stored before this was written say nothing: then it is the version of that set.)
  std::uint64_t publish_version = 0;
  // PKCS #8, bound to kid and algorithm. Kept for every state: a public key that stood alone could
  // be put there by whoever writes the store, and would be trusted.
  Sealed private_key;
};

// The whole set: one value, changed as one.
struct KeySetRecord {
  std::uint64_t version = 0;  // grows with every change; 0: there is none
  std::vector<KeyRecord> keys;
};

// "next", "active", "retired" or "revoked".
std::string_view NameOf(KeyState state);
std::optional<KeyState> KeyStateOf(std::string_view name);

}  // namespace tokenforge::keys
