// Asking the person at the terminal.
//
// Used by one thread; blocks.
#pragma once

#include <iosfwd>
#include <optional>
#include <string_view>

#include "lib/secret/secret.h"

namespace tokenforge::cli {

// The next line of `in`, without its end, after `question` was written to `err`; nothing when there
// is none. While it is read, a terminal at the process's standard input does not show what is
// typed.
std::optional<secret::Secret> AskSecretly(std::istream& in, std::ostream& err,
                                          std::string_view question);

// The same, shown while it is typed.
std::optional<secret::Secret> Ask(std::istream& in, std::ostream& err, std::string_view question);

}  // namespace tokenforge::cli
