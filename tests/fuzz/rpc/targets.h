// Fuzz target: a function of any bytes that ends the process when a promise of lib/rpc is broken,
// and otherwise tells whether the bytes were accepted.
#pragma once

#include <string_view>

namespace tokenforge::fuzz {

// The first line as a SPIFFE ID, the second as a pattern of our trust domain. Whatever they say: an
// ID is refused or its parts make up its text and its pattern matches it and no other; a pattern is
// refused or matches as the rules, written down once more and differently, say. Accepted: both
// were.
bool CheckSpiffe(std::string_view bytes);

}  // namespace tokenforge::fuzz
