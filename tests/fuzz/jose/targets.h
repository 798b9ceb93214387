// Fuzz targets: functions of any bytes that end the process when a promise of lib/jose is broken,
// and otherwise tell whether the bytes were accepted.
#pragma once

#include <string_view>

namespace tokenforge::fuzz {

// Whatever the text, the verifier refuses it or it is, byte for byte, one of the three tokens that
// were signed.
bool CheckToken(std::string_view text);

// Whatever the text, a key set refuses it or holds keys that read back as themselves.
bool CheckKeySet(std::string_view text);

// The bytes are claims, or header and claims with a line feed's sibling (record separator, 0x1e)
// between them, and are signed with a good key: what lies behind the signature, where no mutation
// of a token gets. The verifier refuses them, or the token holds at `now`, for this issuer and
// audience, and what it says can be signed and read back the same.
bool CheckSigned(std::string_view bytes);

}  // namespace tokenforge::fuzz
