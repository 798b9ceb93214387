// How the text of a setting becomes its value. For the parser only; pure but for ReadableFile,
// which asks the file system.
//
// Each returns what was expected, for the mistake's line, or nothing when the text is good.
#pragma once

#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

namespace tokenforge::config {

using Expected = std::optional<std::string>;

Expected ReadBool(std::string_view text, bool* into);
Expected ReadInteger(std::string_view text, std::int64_t min, std::int64_t max, std::int64_t* into);
Expected ReadDuration(std::string_view text, std::chrono::milliseconds min,
                      std::chrono::milliseconds max, std::chrono::milliseconds* into);
Expected ReadChoice(std::string_view text, const std::vector<std::string>& words,
                    std::string* into);
Expected ReadList(std::string_view text, std::vector<std::string>* into);
Expected ReadAddress(std::string_view text, std::string* into);
Expected ReadableFile(const std::string& path);

std::string JoinWords(const std::vector<std::string>& words, std::string_view between);
std::string_view TrimBlanks(std::string_view text);

// The known name nearest to a mistyped one, or "" when none is near.
std::string Nearest(std::string_view name, const std::vector<std::string>& known);

}  // namespace tokenforge::config
