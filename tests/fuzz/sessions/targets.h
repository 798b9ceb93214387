// Fuzz target: a function of any bytes that ends the process when a promise of services/sessions is
// broken, and otherwise tells whether the bytes were accepted.
#pragma once

#include <string_view>

namespace tokenforge::fuzz {

// The bytes as a refresh token: refused, or exactly one that these keys made, with no other
// spelling. And the bytes as claims (user, session, generation) and a change to the token that
// they become (where, which character): the token says what was put in, under the same keys in any
// order, and with the change nothing at all.
bool CheckRefreshToken(std::string_view bytes);

}  // namespace tokenforge::fuzz
