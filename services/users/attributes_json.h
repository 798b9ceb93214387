// Attributes of events and mails as a JSON object in one text column.
#pragma once

#include <map>
#include <string>

namespace tokenforge::users {

std::string JsonOf(const std::map<std::string, std::string>& attributes);

}  // namespace tokenforge::users
