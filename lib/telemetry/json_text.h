// Text as JSON that cannot forge a line of a log: for log lines and the small documents of the
// operators' port.
//
// Pure functions, thread-safe.
#pragma once

#include <cstddef>
#include <string>
#include <string_view>

namespace tokenforge::telemetry {

// Longer strings are cut, and end with an ellipsis: one field cannot fill a disk.
inline constexpr std::size_t kMaxJsonString = 4096;

// Appends `text` as a JSON string with its quotes. Invalid UTF-8 becomes U+FFFD. Escaped, beside
// what JSON asks for: DEL and the C1 controls, U+2028 and U+2029, and every character that reorders
// or hides text on a screen.
void AppendJsonString(std::string_view text, std::string* to);

// The shortest text that reads back as the same number; null for an infinity or a NaN.
void AppendJsonNumber(double number, std::string* to);

}  // namespace tokenforge::telemetry
