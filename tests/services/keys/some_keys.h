// Key-encryption keys and key sets for tests.
#pragma once

#include <chrono>
#include <string>
#include <utility>

#include "lib/clock/clock.h"
#include "services/keys/key_changes.h"
#include "services/keys/key_set_codec.h"

namespace tokenforge::keys {

// base64 of 32 times this byte.
inline std::string KekText(char byte) {
  constexpr char kDigits[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
  std::string text;
  for (size_t i = 0; i < 30; i += 3) {
    const unsigned n = static_cast<unsigned char>(byte) * 0x10101u;
    for (int shift = 18; shift >= 0; shift -= 6) text += kDigits[n >> shift & 63];
  }
  const unsigned n = static_cast<unsigned char>(byte) * 0x10100u;
  text += kDigits[n >> 18 & 63];
  text += kDigits[n >> 12 & 63];
  text += kDigits[n >> 6 & 63];
  return text + "=";
}

inline KeyEncryption KeksOf(const std::string& lines) {
  return KeyEncryption::FromText(secret::Secret(lines), "kek").value();
}

inline KeyEncryption OneKek() { return KeksOf("one:" + KekText('1') + "\n"); }

inline KeyRecord RecordOf(const jose::PrivateKey& key, KeyState state,
                          const KeyEncryption& encryption) {
  KeyRecord record;
  record.kid = key.kid();
  record.algorithm = key.algorithm();
  record.state = state;
  record.create_time = Time(std::chrono::milliseconds(1'800'000'000'123));
  record.private_key = SealKey(key, encryption).value();
  return record;
}

inline jose::PrivateKey NewEdKey() {
  return jose::PrivateKey::Generate(jose::Algorithm::kEdDsa).value();
}

// An active and a next key.
inline KeySetRecord TwoKeys(const KeyEncryption& encryption, std::uint64_t version = 1) {
  return {version,
          {RecordOf(NewEdKey(), KeyState::kActive, encryption),
           RecordOf(NewEdKey(), KeyState::kNext, encryption)}};
}

inline Time Now(const clock::Clock& clock) {
  return std::chrono::floor<std::chrono::milliseconds>(clock.Now());
}

// A change for KeyKeeper::Change: a new next key.
inline auto WithNewNextKey(const clock::Clock& clock) {
  return [&clock](const KeySetRecord& set, const MakeKey& make) {
    return WithNewNext(set, Now(clock), make);
  };
}

}  // namespace tokenforge::keys
