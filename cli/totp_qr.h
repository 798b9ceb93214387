// A QR code as text: two rows of modules in one line of half blocks.
//
// Pure; thread-safe. libqrencode shows only in the .cc file.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace tokenforge::cli {

// The modules of a QR code, row by row; true is dark.
using QrModules = std::vector<std::vector<bool>>;

// The smallest code that holds the text, with error correction M. INVALID_ARGUMENT when none does.
absl::StatusOr<QrModules> EncodeQr(std::string_view text);

// For a terminal that shows UTF-8 and ANSI colours, with the quiet zone of four modules that
// scanners need: light modules are drawn, in colours that do not depend on the terminal's own.
std::string DrawQr(const QrModules& modules);

}  // namespace tokenforge::cli
