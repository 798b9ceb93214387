// Fuzz targets: functions of any bytes that end the process when a promise of lib/jose is broken.
#pragma once

#include <string_view>

namespace tokenforge::fuzz {

// Whatever the text, the verifier refuses it or it is, byte for byte, one of the three tokens that
// were signed.
void CheckToken(std::string_view text);

// Whatever the text, a key set refuses it or holds keys that read back as themselves.
void CheckKeySet(std::string_view text);

}  // namespace tokenforge::fuzz
