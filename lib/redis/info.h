// Reading the text of Redis' INFO. Private to lib/redis. Pure.
#pragma once

#include <string_view>

namespace tokenforge::redis {

// The value of `name:`; empty if it has none. Looks into the text that was given.
std::string_view InfoField(std::string_view info, std::string_view name);

}  // namespace tokenforge::redis
