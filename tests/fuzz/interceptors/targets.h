// Fuzz target: a function of any bytes that ends the process when a promise of interceptors/ is
// broken, and otherwise tells whether the bytes were accepted.
#pragma once

#include <string_view>

namespace tokenforge::fuzz {

// The bytes are a policy file, laid over rules of every kind. Whatever they say: a refusal names
// its faults, without control codes; what was read reads back the same when written down; and
// without a word of why, nobody gets in whom the rules underneath keep out.
bool CheckPolicyFile(std::string_view bytes);

}  // namespace tokenforge::fuzz
