// Fuzz target: a function of any bytes that ends the process when a promise of lib/config is
// broken, and otherwise tells whether the bytes were accepted.
#pragma once

#include <string_view>

namespace tokenforge::fuzz {

// Each line is a word of the command line, or, when it begins with TOKENFORGE_, a variable.
// Whatever they say: nothing throws, a mistake is told, and what was accepted lies in its bounds
// and reads the same when written as its shortest text.
bool CheckSettings(std::string_view bytes);

}  // namespace tokenforge::fuzz
