// Attributes of events and mails as a JSON object in one text column.
//
// Pure functions. Exact: what was written is read back byte for byte, whatever its length, as long
// as it is UTF-8; the audit log's hashes are over it.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>

namespace tokenforge::users {

std::string JsonOf(const std::map<std::string, std::string>& attributes);

// Nothing when the text is no JSON object whose members are all texts.
std::optional<std::map<std::string, std::string>> AttributesOf(std::string_view json);

}  // namespace tokenforge::users
